// Ends with one helpful line when the Node that runs npm scripts is older than airlock needs. ES5 on purpose.
'use strict';
var parts = process.versions.node.split('.');
if (Number(parts[0]) < 24 || (Number(parts[0]) === 24 && Number(parts[1]) < 15)) {
  process.stderr.write(
    'airlock needs Node 24.15 or later, found ' +
      process.versions.node +
      ': run "npm ci" without --omit=optional (it brings a matching Node), or install Node 24\n',
  );
  process.exit(78);
}
