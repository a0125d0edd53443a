// The peer of `./dev bench sync`: PouchDB replicating to express-pouchdb, both with LevelDB on disk.
//
//   node peer.cjs serve FOLDER      prints {"port": N}, serves until its standard input ends
//   node peer.cjs client FOLDER     takes one JSON command a line, answers each with one JSON line
//
// Times are taken here, around the library's own call, so that starting Node counts for nothing.
'use strict';
const PouchDB = require('pouchdb');
const readline = require('readline');
const crypto = require('crypto');
const [, , role, folder] = process.argv;
const Local = PouchDB.defaults({ prefix: folder.replace(/\/?$/, '/') });
const say = (it) => process.stdout.write(JSON.stringify(it) + '\n');

// Text that does not compress to nothing and is the same in each run: what a form holds, in base64.
let state = 0x9e3779b9;
function random() {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return state >>> 0;
}
function text(length) {
  const bytes = Buffer.alloc(Math.ceil(length * 3 / 4) + 4);
  for (let i = 0; i + 4 <= bytes.length; i += 4) bytes.writeUInt32LE(random(), i);
  return bytes.toString('base64').slice(0, length);
}
// A document whose JSON, with its id, is `size` bytes long.
function doc(size) {
  const it = { _id: crypto.randomUUID(), type: 'case_saved', at: 1790000000000, service: 'complaint', answers: '' };
  it.answers = text(size - JSON.stringify(it).length);
  return it;
}

async function serve() {
  const app = require('express')();
  app.use('/', require('express-pouchdb')(Local, {
    logPath: folder + '/log.txt', configPath: folder + '/config.json', overrideMode: { exclude: ['routes/fauxton'] },
  }));
  const server = app.listen(0, '127.0.0.1', () => say({ port: server.address().port }));
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}

const databases = {};
function local(name) {
  return (databases[name] ||= new Local(name));
}
const seconds = (from) => Number(process.hrtime.bigint() - from) / 1e9;

const commands = {
  // Documents put one after the other, each waited for.
  async puts({ name, count, size }) {
    const db = local(name);
    await db.info();
    const all = Array.from({ length: count }, () => doc(size));
    const took = [];
    const began = process.hrtime.bigint();
    for (const it of all) {
      const one = process.hrtime.bigint();
      await db.put(it);
      took.push(seconds(one));
    }
    const whole = seconds(began);
    took.sort((a, b) => a - b);
    return { seconds: whole, p99: took[Math.floor(took.length * 0.99)] };
  },
  // The same, not measured.
  async fill({ name, count, size }) {
    const db = local(name);
    for (let left = count; left > 0; left -= 500) {
      await db.bulkDocs(Array.from({ length: Math.min(left, 500) }, () => doc(size)));
    }
    return {};
  },
  async attach({ name, bytes }) {
    await local(name).put({
      ...doc(200),
      _attachments: { recording: { content_type: 'application/octet-stream', data: crypto.randomBytes(bytes) } },
    });
    return {};
  },
  // One replication to its end: `push`, `pull` or `sync` (both).
  async replicate({ name, url, way, batch }) {
    const db = local(name);
    const options = batch ? { batch_size: batch } : {};
    const began = process.hrtime.bigint();
    const info = way === 'sync' ? await db.sync(url, options)
      : way === 'pull' ? await db.replicate.from(url, options) : await db.replicate.to(url, options);
    const pushed = way === 'sync' ? info.push : info;
    return { seconds: seconds(began), written: pushed.docs_written, errors: pushed.errors.length };
  },
  // Live replication with retry, as an app would run it, until all has arrived or the time is over.
  async live({ name, url, most }) {
    const db = local(name);
    const began = process.hrtime.bigint();
    return await new Promise((done) => {
      const running = db.replicate.to(url, { live: true, retry: true, back_off_function: () => 500 });
      const finish = (arrived) => {
        clearTimeout(over);
        running.cancel();
        done({ seconds: seconds(began), arrived });
      };
      const over = setTimeout(() => finish(false), most * 1000);
      running.on('paused', (error) => { if (!error) finish(true); });
      running.on('error', () => finish(false));
    });
  },
  // What the far database holds, asked without the line between.
  async far({ url }) {
    const info = await new PouchDB(url).info();
    return { docs: info.doc_count };
  },
};

async function client() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { command, ...rest } = JSON.parse(line);
    try {
      say(await commands[command](rest));
    } catch (error) {
      say({ error: String(error && error.message || error) });
    }
  }
  process.exit(0);
}

(role === 'serve' ? serve() : client()).catch((error) => {
  process.stderr.write(String(error && error.stack || error) + '\n');
  process.exit(1);
});
