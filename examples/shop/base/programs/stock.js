// Fills the shelves, once: products that are there stay as they are.
const PRODUCTS = [
  { name: 'kettle', price: 30, count: 12 },
  { name: 'teapot', price: 45, count: 5 },
  { name: 'cup', price: 8, count: 100 },
];
const headers = { authorization: `Bearer ${process.env.DATABASE_TOKEN}`, 'content-type': 'application/json' };

/** The database may still be on its way; a job that fails would be tried again much later. */
async function untilThere(url, tries = 60) {
  try {
    return await fetch(url, { headers });
  } catch (error) {
    if (tries === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return untilThere(url, tries - 1);
  }
}

async function main() {
  const url = `${process.env.DATABASE_URL}/records`;
  const there = await (await untilThere(`${url}?kind=product`)).json();
  for (const product of PRODUCTS) {
    if (there.some(({ name }) => name === product.name)) continue;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ kind: 'product', ...product }) });
    if (!answer.ok) throw new Error(`the database says ${answer.status}`);
    console.log(`${product.count} of ${product.name}`);
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
