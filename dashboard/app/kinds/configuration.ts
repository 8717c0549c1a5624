import type { Facet } from './facet.ts';

export const configMaps: Facet = { actions: [], data: 'shown', facts: [['Immutable', 'immutable']] };

export const secrets: Facet = {
  actions: [],
  data: 'hidden',
  facts: [
    ['Type', 'type'],
    ['Immutable', 'immutable'],
  ],
};
