// What a bundle contains of packages, and under which licences.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * Writes the name, the version and the licence of each package of which something is in the bundles.
 * @param root against which esbuild has named its inputs
 * @param metafiles of esbuild
 */
export function writeLicenses(root, metafiles, file) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(inputs.flatMap((input) => PACKAGE.exec(input)?.[0] ?? []));
  const texts = [...folders].toSorted().map((folder) => licenseOf(path.join(root, folder)));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, texts.join(`\n${'-'.repeat(80)}\n\n`));
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((entry) => /^(licen[cs]e|notice|copying)(\.|-|$)/i.test(entry));
  const texts = files.map((entry) => `\n${readFileSync(path.join(folder, entry), 'utf8').trim()}\n`);
  return `${name} ${version} (${typeof license === 'string' ? license : 'see below'})\n${texts.join('')}`;
}
