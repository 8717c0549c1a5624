// Keeps records in one file, a line of JSON each. What it has acknowledged is on the disk.
const fs = require('node:fs');
const http = require('node:http');

const FILE = '/data/records.jsonl';
const TOKEN = process.env.DATABASE_TOKEN;
const MAX_RECORD = 16 * 1024;

const records = [];
const file = fs.openSync(FILE, 'a+');
for (const line of fs.readFileSync(FILE, 'utf8').split('\n')) if (line) records.push(JSON.parse(line));
console.log(`${records.length} records in ${FILE}`);

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, 'http://database');
  if (url.pathname === '/healthz') return response.end('ok\n');
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end();
  if (url.pathname !== '/records') return response.writeHead(404).end();
  if (request.method === 'GET') {
    const kind = url.searchParams.get('kind');
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify(records.filter((record) => !kind || record.kind === kind)));
  }
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > MAX_RECORD) return response.writeHead(413).end();
  }
  const record = { ...JSON.parse(body), id: records.length + 1 };
  fs.writeSync(file, `${JSON.stringify(record)}\n`);
  fs.fsyncSync(file);
  records.push(record);
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(record));
});
server.listen(7000, () => console.log('database listens on 7000'));
process.on('SIGTERM', () => server.close(() => process.exit(0)).closeIdleConnections());
