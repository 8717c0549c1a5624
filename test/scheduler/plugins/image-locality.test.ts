import { describe, expect, it } from 'vitest';
import { imageLocality } from '../../../src/scheduler/plugins/image-locality.ts';
import { node, pod, scored } from './support.ts';

const MB = 1024 * 1024;
const having = (name: string, images: Record<string, number>) =>
  node(name, {
    status: { images: Object.entries(images).map(([image, mb]) => ({ names: [image], sizeBytes: mb * MB })) },
  });
const of = (...images: string[]) => pod('p', { containers: images.map((image, i) => ({ name: `c${i}`, image })) });

describe('ImageLocality', () => {
  it.each<[string, string[], number[]]>([
    // half of 523 MB, because half of the nodes have it: (261.5 - 23) / (1000 - 23)
    ['an image', ['web:1'], [24, 0]],
    ['an image without a tag', ['host:5000/db'], [0, 38]],
    ['an image that nobody has', ['other'], [0, 0]],
    // on all nodes: the whole of it, in the size that was seen first
    ['an image that everybody has', ['all:1'], [49, 49]],
    ['too small an image', ['small:1'], [0, 0]],
    ['an image larger than any should be', ['huge:1'], [0, 100]],
    // 261.5 + 400 MB, for two: (661.5 - 23) / (2000 - 23)
    ['two containers', ['web:1', 'host:5000/db'], [12, 19]],
  ])('scores %s', (_name, images, expected) => {
    const nodes = [
      having('n1', { 'web:1': 523, 'all:1': 502, 'small:1': 40 }),
      having('n2', { 'host:5000/db:latest': 800, 'all:1': 900, 'huge:1': 4000 }),
    ];
    expect(Object.values(scored(imageLocality, of(...images), { nodes })).flat()).toEqual(expected);
    expect(imageLocality.score!.weight).toBe(1);
  });

  it('counts init containers', () => {
    const incoming = pod('p', { initContainers: [{ name: 'i', image: 'web:1' }] });
    // 523 of 2000 MB
    expect(scored(imageLocality, incoming, { nodes: [having('n1', { 'web:1': 523 })] })).toEqual({ n1: [25] });
  });
});
