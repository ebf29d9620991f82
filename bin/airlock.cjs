#!/usr/bin/env node
// Launcher: finds a Node that is new enough, then runs the command line in it. ES5 on purpose: any Node can read it.
'use strict';
var path = require('path');
var fs = require('fs');

var root = path.dirname(__dirname);
var compiled = path.join(root, 'dist', 'cli', 'main.js');
var entry = fs.existsSync(path.join(root, 'src', 'cli', 'main.ts'))
  ? path.join(root, 'src', 'cli', 'main.ts')
  : compiled;

function isNewEnough(version) {
  var parts = version.split('.');
  return Number(parts[0]) > 24 || (Number(parts[0]) === 24 && Number(parts[1]) >= 15);
}

function bundledNode() {
  var names = ['node-' + (process.platform === 'win32' ? 'win' : process.platform) + '-' + process.arch];
  names.push('node-bin-' + process.platform + '-' + process.arch);
  for (var i = 0; i < names.length; i++) {
    try {
      var folder = path.dirname(require.resolve(names[i] + '/package.json', { paths: [root] }));
      var file = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
      if (fs.existsSync(file)) return file;
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return null;
}

// Exit code by which the daemon asks to be started again (src/daemon/begin-anew.ts).
var LAUNCH_AGAIN = 86;

function runIn(node) {
  var spawn = require('child_process').spawn;
  // Order: a fourth descriptor tells the child when this launcher is gone, so that a killed launcher leaves no daemon.
  var env = Object.assign({}, process.env, { AIRLOCK_LAUNCHER: '1' });
  var child = spawn(node, [__filename].concat(process.argv.slice(2)), {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: env,
  });
  var names = ['SIGTERM', 'SIGINT', 'SIGHUP'];
  var isStopped = false;
  names.forEach(function (signal) {
    process.on(signal, function () {
      // Race: a child that is at its very end hears no signal any more.
      if (signal !== 'SIGHUP') isStopped = true;
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    process.stderr.write('airlock: Cannot start ' + node + ': ' + error.message + '\n');
    process.exit(70);
  });
  child.on('exit', function (code, signal) {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else if (code === LAUNCH_AGAIN && !isStopped) {
      names.forEach(function (name) {
        process.removeAllListeners(name);
      });
      runIn(node);
    } else process.exit(code === LAUNCH_AGAIN ? 0 : code);
  });
}

if (isNewEnough(process.versions.node)) {
  // The young generation stays small (docs/adr/0018): bytes from sockets are let go while they are new, not by walks through the whole heap.
  require('v8').setFlagsFromString('--semi-space-growth-factor=1');
  // Compiled modules are kept inside the package, where only its owner writes; where that may not be written, none are kept.
  require('module').enableCompileCache(path.join(root, 'build', 'compile-cache'));
  void import(require('url').pathToFileURL(entry).href);
} else {
  var node = bundledNode();
  if (node) runIn(node);
  else {
    process.stderr.write('airlock: no Node 24.15 or later found: run "npm ci" in ' + root + ' first\n');
    process.exit(78);
  }
}
