import { expect, test } from 'vitest';
import { subjects } from './parts-missing.ts';

test.each(subjects().map((subject) => [subject.title, subject] as const))(
  'the rules of %s get along without any part of the object, however deep',
  (_, { places, fault }) => {
    expect(places.map(fault).filter(Boolean)).toEqual([]);
  },
);
