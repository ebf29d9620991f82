// Every method that works, by name: the one place that both ends and the docs read.

import { adminShutdown } from './methods/admin-shutdown.ts';
  'queue/list': queueList,
  'queue/retry': queueRetry,
  'destination/list': destinationList,
  'destination/test': destinationTest,
  'converter/list': converterList,
  'converter/get': converterGet,
  'config/get': configGet,
  'config/validate': configValidate,
