import { expect, test } from 'vitest';
import { Warnings } from '../../src/rest/warnings.ts';

const headers = (...texts: string[]): readonly string[] => {
  const warnings = new Warnings();
  for (const text of texts) warnings.add(text);
  return warnings.values;
};
const of = (text: string) => `299 - "${text}"`;
const many = Array.from({ length: 30 }, (_, i) => `${String(i)}${'y'.repeat(255)}`);

/** As kube-apiserver 1.35.4 sends them. */
const CASES: readonly [what: string, texts: string[], sent: string[]][] = [
  ['nothing', [''], []],
  ['each once', ['a', 'b', 'a'], [of('a'), of('b')]],
  ['quotes escaped', ['w "q" \\'], [of('w \\"q\\" \\\\')]],
  ['other letters as UTF-8', ['é'], [of('Ã©')]],
  ['no control characters', ['a\tb', 'c\u0085', 'd'], [of('d')]],
  ['what fits whole', ['x'.repeat(4096)], [of('x'.repeat(4096))]],
  ['what does not cut', ['z'.repeat(5000), 'after'], [of('z'.repeat(256)), of('after')]],
  ['earlier ones cut too', ['z'.repeat(4000), 'y'.repeat(300)], [of('z'.repeat(256)), of('y'.repeat(256))]],
  ['as many as there is room for', many, many.slice(0, 16).map((text) => of(text.slice(0, 256)))],
];
test.each(CASES)('%s', (_, texts, sent) => {
  expect(headers(...texts)).toEqual(sent);
});
