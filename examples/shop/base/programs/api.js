// What the shop knows, as JSON: its products with what is left of them, and orders.
const http = require('node:http');

const DATABASE = process.env.DATABASE_URL;
const headers = { authorization: `Bearer ${process.env.DATABASE_TOKEN}`, 'content-type': 'application/json' };

async function records(kind) {
  const answer = await fetch(`${DATABASE}/records?kind=${kind}`, { headers });
  if (!answer.ok) throw new Error(`the database says ${answer.status}`);
  return answer.json();
}

async function add(record) {
  const answer = await fetch(`${DATABASE}/records`, { method: 'POST', headers, body: JSON.stringify(record) });
  if (!answer.ok) throw new Error(`the database says ${answer.status}`);
  return answer.json();
}

async function products() {
  const [stock, orders] = await Promise.all([records('product'), records('order')]);
  return stock.map(({ name, price, count }) => {
    const sold = orders.filter((order) => order.product === name).reduce((sum, order) => sum + order.count, 0);
    return { name, price, left: count - sold };
  });
}

async function order({ product, count }) {
  const found = (await products()).find(({ name }) => name === product);
  if (!found) return [404, { error: `there is no ${product}` }];
  if (!Number.isInteger(count) || count < 1) return [400, { error: 'count is a whole number from 1 on' }];
  if (found.left < count) return [409, { error: `${found.left} are left` }];
  return [201, await add({ kind: 'order', product, count, price: found.price * count })];
}

async function answer(request) {
  if (request.url === '/healthz') return [200, { ok: true }];
  if (request.url === '/api/products') return [200, await products()];
  if (request.url === '/api/reports') return [200, await records('report')];
  if (request.url !== '/api/orders') return [404, { error: 'not found' }];
  if (request.method === 'GET') return [200, await records('order')];
  let body = '';
  for await (const chunk of request) body += chunk;
  return order(JSON.parse(body));
}

const server = http.createServer(async (request, response) => {
  const [status, body] = await answer(request).catch((error) => [503, { error: error.message }]);
  if (request.url !== '/healthz') console.log(`${request.method} ${request.url} ${status}`);
  response.writeHead(status, { 'content-type': 'application/json', 'x-served-by': process.env.POD_NAME });
  response.end(`${JSON.stringify(body)}\n`);
});
server.listen(8080, () => console.log('api listens on 8080'));
process.on('SIGTERM', () => server.close(() => process.exit(0)).closeIdleConnections());
