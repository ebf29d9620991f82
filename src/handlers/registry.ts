// Every method tied to its code: the daemon's half of protocol/registry.ts.

    'submission/retry': bind(METHODS['submission/retry'], handleSubmissionRetry, { store }),
    'queue/list': bind(METHODS['queue/list'], handleQueueList, { store }),
    'queue/retry': bind(METHODS['queue/retry'], handleQueueRetry, { store }),
    'destination/list': bind(METHODS['destination/list'], handleDestinationList, { store, sources }),
    'destination/test': bind(METHODS['destination/test'], handleDestinationTest, { test: deps.testDestination }),
    'converter/list': bind(METHODS['converter/list'], handleConverterList, { registry }),
    'converter/get': bind(METHODS['converter/get'], handleConverterGet, { registry }),
    'config/get': bind(METHODS['config/get'], handleConfigGet, { config }),
    'config/validate': bind(METHODS['config/validate'], handleConfigValidate, { config }),
