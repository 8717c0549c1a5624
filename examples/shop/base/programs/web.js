// The page of the shop, made of what the API says.
const http = require('node:http');

const API = process.env.API_URL;
const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const row = ({ name, price, left }) => `
      <tr>
        <td>${escaped(name)}</td><td>${price} €</td><td>${left} left</td>
        <td><form method="post" action="/order"><input type="hidden" name="product" value="${escaped(name)}">
          <button ${left ? '' : 'disabled'}>Order one</button></form></td>
      </tr>`;

async function page() {
  const answer = await fetch(`${API}/api/products`);
  const products = await answer.json();
  if (!answer.ok) throw new Error(products.error);
  return `<!doctype html>
<html lang="en">
  <head><title>Shop</title></head>
  <body>
    <h1>Shop</h1>
    <table>${products.map(row).join('')}
    </table>
    <p>Served by ${escaped(process.env.POD_NAME)}</p>
  </body>
</html>
`;
}

async function order(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  const product = new URLSearchParams(body).get('product');
  await fetch(`${API}/api/orders`, { method: 'POST', body: JSON.stringify({ product, count: 1 }) });
}

const server = http.createServer(async (request, response) => {
  if (request.url === '/healthz') return response.end('ok\n');
  try {
    if (request.method === 'POST' && request.url === '/order') {
      await order(request);
      return response.writeHead(303, { location: '/' }).end();
    }
    if (request.url !== '/') return response.writeHead(404).end('not found\n');
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(await page());
  } catch (error) {
    response.writeHead(503).end(`the shop is closed: ${error.message}\n`);
  }
});
server.listen(8080, () => console.log('web listens on 8080'));
process.on('SIGTERM', () => server.close(() => process.exit(0)).closeIdleConnections());
