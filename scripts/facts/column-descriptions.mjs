// Writes schema/column-descriptions.json from recorded Table answers: node scripts/facts/column-descriptions.mjs DIR
// DIR holds JSON files with arrays of { steps: [{ request: { path }, response: { body } }] }.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [dir] = process.argv.slice(2);
const found = {};
const resourceOf = (url) => {
  const [, root, ...rest] = url.split('?')[0].split('/');
  const [group, version] = root === 'api' ? ['', rest.shift()] : [rest.shift(), rest.shift()];
  if (rest[0] === 'watch') rest.shift();
  if (rest[0] === 'namespaces' && rest.length > 2) rest.splice(0, 2);
  return [group, version, rest[0]].filter(Boolean).join('/');
};
for (const file of readdirSync(dir)
  .filter((f) => f.endsWith('.json'))
  .sort()) {
  for (const { steps } of JSON.parse(readFileSync(path.join(dir, file), 'utf8'))) {
    for (const { request, response } of steps) {
      const tables = [
        response.body,
        ...(Array.isArray(response.body) ? response.body.map((e) => e.object) : []),
      ].filter((b) => b?.kind === 'Table');
      for (const { columnDefinitions } of tables) {
        if (!columnDefinitions || request.path.includes('{{ns}}.')) continue;
        found[resourceOf(request.path)] = Object.fromEntries(columnDefinitions.map((c) => [c.name, c.description]));
      }
    }
  }
}
const sorted = Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(
  new URL('../../schema/column-descriptions.json', import.meta.url),
  `${JSON.stringify(sorted, null, 1)}\n`,
);
console.log(Object.keys(sorted).length, 'resources');
