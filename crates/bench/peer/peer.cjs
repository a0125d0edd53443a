// The peer of `./dev bench sync`: PouchDB replicating to express-pouchdb, both with LevelDB on disk.
//
//   node peer.cjs serve FOLDER      prints {"port": N}, serves until its standard input ends
//   node peer.cjs client FOLDER     takes one JSON command a line, answers each with one JSON line
//
// Times are taken here, around the library's own call, so that starting Node counts for nothing.
'use strict';
const PouchDB = require('pouchdb');
const fs = require('fs');
const readline = require('readline');
const crypto = require('crypto');
const [, , role, folder] = process.argv;
const Local = PouchDB.defaults({ prefix: folder.replace(/\/?$/, '/') });
const say = (it) => process.stdout.write(JSON.stringify(it) + '\n');

// Documents, one a line, as the bench wrote them: both sides send the same.
function documents(file) {
  return fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
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
  async puts({ name, file }) {
    const db = local(name);
    await db.info();
    const all = documents(file);
    const began = process.hrtime.bigint();
    for (const it of all) await db.put(it);
    return { seconds: seconds(began), count: all.length };
  },
  // The same in bulk, not measured.
  async fill({ name, file }) {
    const all = documents(file);
    for (let at = 0; at < all.length; at += 500) await local(name).bulkDocs(all.slice(at, at + 500));
    return {};
  },
  async attach({ name, bytes }) {
    const data = crypto.randomBytes(bytes);
    const recording = { content_type: 'application/octet-stream', data };
    await local(name).put({ _id: 'case-with-a-recording', _attachments: { recording } });
    return {};
  },
  // One-shot replications to their end, side by side.
  async replicate({ names, server }) {
    const began = process.hrtime.bigint();
    const infos = await Promise.all(names.map((name) => local(name).replicate.to(`${server}/${name}`)));
    return { seconds: seconds(began), written: infos.reduce((sum, info) => sum + info.docs_written, 0) };
  },
  // Live replication with retry, as an app would run it, until all has arrived or the time is over.
  async live({ name, server, most }) {
    const began = process.hrtime.bigint();
    return await new Promise((done) => {
      const running = local(name).replicate.to(`${server}/${name}`,
        { live: true, retry: true, back_off_function: () => 500 });
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
  async held({ name, server }) {
    const info = await new PouchDB(`${server}/${name}`).info();
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
