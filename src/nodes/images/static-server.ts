/**
 * The web server that stands for `nginx` and `httpd`: a few lines of Node, run with `node -e SCRIPT DIRECTORY PORT`.
 * It serves the files of the directory and nothing more, and says so in its Server header; configuration files of the
 * real servers are not read.
 */
export const STATIC_SERVER = `
const http = require('node:http'), fs = require('node:fs'), path = require('node:path');
const [root, port] = process.argv.slice(1);
const types = { html: 'text/html', css: 'text/css', js: 'text/javascript', json: 'application/json', txt: 'text/plain', svg: 'image/svg+xml', png: 'image/png' };
const server = http.createServer((request, response) => {
  const end = (code, type, body) => {
    response.writeHead(code, { server: 'ku7s-static', 'content-type': type }).end(request.method === 'HEAD' ? undefined : body);
    console.log(new Date().toISOString(), request.method, request.url, code);
  };
  let name = decodeURIComponent(new URL(request.url, 'http://x').pathname);
  if (name.endsWith('/')) name += 'index.html';
  fs.readFile(path.join(root, path.normalize('/' + name)), (error, body) => {
    if (!error) return end(200, types[name.split('.').pop()] ?? 'application/octet-stream', body);
    if (name === '/index.html') return end(200, 'text/html', '<!DOCTYPE html><title>Welcome</title><h1>It works</h1>\\n');
    end(404, 'text/plain', 'not found\\n');
  });
});
server.listen(Number(port), process.env.POD_LISTEN || undefined);
for (const signal of ['SIGTERM', 'SIGQUIT', 'SIGINT']) process.on(signal, () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;
