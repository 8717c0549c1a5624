import { Alert } from '@mantine/core';
import { legible } from './legible.ts';
import { codeOf, messageOf } from '../server/errors.ts';

/** Characters of what is said. */
const LONGEST = 4000;

/** What the server refused, in its own words. */
export function Problem({ error, title }: { error: unknown; title?: string }) {
  if (!error) return null;
  const code = codeOf(error);
  return (
    <Alert
      color={code === 409 ? 'yellow' : 'red'}
      role="alert"
      title={title ?? titles[code ?? 0] ?? 'That did not work'}
      my="xs"
      flex="none"
      className="name"
    >
      {legible(messageOf(error), LONGEST)
        .split('\n')
        .map((line, place) => (
          <div key={place}>{line}</div>
        ))}
    </Alert>
  );
}

const titles: Readonly<Record<number, string>> = {
  401: 'You are not signed in',
  403: 'You may not do that',
  404: 'There is no such object',
  409: 'Somebody else changed it meanwhile',
  410: 'That moment is kept no longer',
  422: 'The object is not valid',
};
