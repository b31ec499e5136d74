// Runs the function of one file as Lambda's Node runtime does, many calls at once.
//
//   node node_host.cjs FILE NAME IN OUT CONTEXT
//
// FILE exports NAME. IN and OUT are file descriptors, with one message a line; a NUL begins those that go out:
//
//   IN    call ID MILLISECONDS EVENT    ping NUMBER
//   OUT   ready VERSION    loaded    answer ID JSON    error ID TEXT    unloaded ID TEXT    blame ID    pong NUMBER
//
// TEXT is JSON, too. `unloaded` says why FILE, or NAME in it, could not be had. `blame` names the call that is ending the
// process. No answer means that there is none yet.
'use strict';

const { AsyncLocalStorage } = require('async_hooks');
const { writeSync } = require('fs');
const { Socket } = require('net');
const { basename, extname } = require('path');
const { pathToFileURL } = require('url');
const { types } = require('util');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

const { stringify } = JSON;

const NEVER_SETTLED =
  'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that ' +
  'was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes';

if (isMainThread) host(...process.argv.slice(2));
else listen(workerData);

// A thread of its own hears when nobody is there any more, whatever the function does to the main thread.
function listen(fd) {
  const end = () => process.kill(process.pid, 'SIGKILL');
  let rest = '';
  new Socket({ fd, readable: true, writable: false })
    .setEncoding('utf8')
    .on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) parentPort.postMessage(line);
    })
    .on('end', end)
    .on('close', end)
    .on('error', end);
}

function host(file, name, input, output, about) {
  const out = Number(output);
  const separate = out === 1 ? '\n' : ''; // stdout, where the function may have printed half of a line
  const say = (...words) => {
    let left = Buffer.from(`${separate}\0${words.join(' ')}\n`);
    while (left.length > 0) left = left.subarray(writeSync(out, left));
  };
  say('ready', process.version);
  process.argv = [process.execPath, file];

  const worker = new Worker(__filename, { workerData: Number(input), execArgv: [] });
  const current = new AsyncLocalStorage();
  const pending = new Map(); // by id, what to do once the event loop is empty
  const loaded = load(file, name);
  loaded.then(() => say('loaded'), () => {}); // why not, is told to every call

  // While calls are pending the worker does not count, so that the event loop can be seen to be empty.
  const begin = (id, whenEmpty) => {
    pending.set(id, whenEmpty);
    worker.unref();
  };
  const settle = (id, kind, text) => {
    if (!pending.delete(id)) return; // only the first word counts
    if (pending.size === 0) worker.ref();
    say(kind, id, text);
  };
  process.on('beforeExit', () => {
    for (const whenEmpty of [...pending.values()]) whenEmpty();
    worker.ref();
  });

  const call = (id, milliseconds, event) => {
    const deadline = Date.now() + milliseconds;
    const done = (error, result) => {
      if (error !== undefined && error !== null) return settle(id, 'error', stringify(wordsOf(error)));
      let text;
      try {
        text = stringify(result === undefined ? null : result);
      } catch (_) {} // said below
      if (text === undefined) return settle(id, 'error', stringify('Unable to stringify response body'));
      return settle(id, 'answer', text);
    };
    const succeed = (result) => done(null, result);
    const fail = (error) => done(error === undefined || error === null ? 'handled' : error);
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      ...JSON.parse(about),
      awsRequestId: id,
      getRemainingTimeInMillis: () => deadline - Date.now(),
      done,
      succeed,
      fail,
    };
    begin(id, () => fail(NEVER_SETTLED));
    const run = (handler) => {
      if (handler.constructor.name !== 'AsyncFunction') begin(id, () => succeed(null));
      try {
        const given = handler(JSON.parse(event), context, done);
        if (given && typeof given.then === 'function') given.then(succeed, fail);
      } catch (error) {
        done(error);
      }
    };
    const refuse = (error) => settle(id, 'unloaded', stringify(wordsOf(error ?? 'handled')));
    loaded.then((handler) => current.run(id, run, handler), refuse);
  };

  worker.on('message', (line) => {
    const [kind, id, milliseconds] = line.split(' ', 3);
    if (kind === 'ping') return say('pong', id);
    return call(id, Number(milliseconds), line.slice(`${kind} ${id} ${milliseconds} `.length));
  });

  const crash = (status, words) => (error) => {
    console.error(error);
    settle(current.getStore(), 'error', stringify(words(error)));
    process.exit(status);
  };
  process.on('uncaughtException', crash(129, wordsOf));
  process.on('unhandledRejection', crash(128, (reason) => wordsOf({ toString: () => `${reason}` })));
  process.on('exit', () => {
    if (current.getStore() !== undefined) say('blame', current.getStore());
  });
}

async function load(file, name) {
  const exported = await imported(file).catch((error) => {
    console.error(error); // with the line, which its words do not name
    const isKnown = error instanceof SyntaxError || (error && error.code === 'MODULE_NOT_FOUND');
    throw isKnown ? new Error(String(error)) : error;
  });
  const found = name.split('.').reduce((object, member) => object && object[member], exported);
  const full = `${basename(file, extname(file))}.${name}`;
  if (!found) throw new Error(`${full} is undefined or not exported`);
  if (typeof found !== 'function') throw new Error(`${full} is not a function`);
  return found;
}

async function imported(file) {
  try {
    return require(file);
  } catch (error) {
    if (!error || !['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE'].includes(error.code)) throw error;
    return import(pathToFileURL(file));
  }
}

function wordsOf(error) {
  try {
    const isText = (member) => typeof error[member] === 'string' && error[member] !== '';
    const isError = types.isNativeError(error) || ['name', 'message', 'stack'].every(isText);
    return isError ? error.message.replaceAll('\x7F', '%7F') : String(error.toString());
  } catch (_) {
    return 'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack';
  }
}
