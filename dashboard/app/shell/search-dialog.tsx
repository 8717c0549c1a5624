import { Button, Kbd, Modal, NavLink, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure, useHotkeys } from '@mantine/hooks';
import { useMemo, useState, type KeyboardEvent } from 'react';
import { useCluster } from '../server/kinds.tsx';
import { objectPath } from '../server/objects.ts';
import { useQuery } from '../server/use-query.ts';
import { legible } from '../shared/legible.ts';
import { useGo } from '../shared/page-link.tsx';
import { Problem } from '../shared/problem.tsx';
import { pluralOf } from './navigation.tsx';

const SEARCH = /* GraphQL */ `
  query Search($text: String!) {
    search(text: $text, first: 30) {
      resource
      kind
      namespace
      name
      field
      text
    }
  }
`;

interface Hit {
  resource: string;
  kind: string;
  namespace: string | null;
  name: string;
  field: string;
  text: string;
}

interface Choice {
  key: string;
  label: string;
  description: string;
  to: string;
}

/** Everything by a word: kinds by their names, objects by names, labels, images, addresses (⌘K or Ctrl-K). */
export function SearchDialog() {
  const [open, { open: show, close }] = useDisclosure(false);
  useHotkeys([['mod+K', show]], []);
  return (
    <>
      <Button variant="default" size="xs" px="xs" onClick={show} aria-keyshortcuts="Meta+K Control+K">
        Search
        <Kbd size="xs" ml={6} visibleFrom="sm" aria-hidden="true">
          ⌘K
        </Kbd>
      </Button>
      <Modal opened={open} onClose={close} title="Search everything" size="lg" returnFocus>
        <Search onDone={close} />
      </Modal>
    </>
  );
}

function Search({ onDone }: { onDone(): void }) {
  const [text, setText] = useState('');
  const [wanted] = useDebouncedValue(text.trim(), 150);
  const [place, setPlace] = useState(0);
  const goTo = useGo();
  const { kinds } = useCluster();
  const { data, error, loading } = useQuery<{ search: readonly Hit[] | null }>(wanted ? SEARCH : undefined, {
    text: wanted,
  });
  const choices = useMemo(() => {
    const word = wanted.toLowerCase();
    const found = kinds.filter(
      ({ kind, shortNames }) => word && (kind.toLowerCase().startsWith(word) || shortNames.includes(word)),
    );
    return [
      ...found.slice(0, 5).map((kind): Choice => ({
        key: kind.resource,
        label: pluralOf(kind),
        description: 'all of them',
        to: `/kinds/${kind.resource}`,
      })),
      ...(data?.search ?? []).map(choiceOf),
    ];
  }, [kinds, data, wanted]);
  const go = (choice: Choice | undefined): void => {
    if (!choice) return;
    goTo(choice.to);
    onDone();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step) {
      event.preventDefault();
      setPlace((before) => Math.max(0, Math.min(choices.length - 1, before + step)));
    } else if (event.key === 'Enter') go(choices[place]);
  };
  return (
    <Stack gap="xs">
      <TextInput
        data-autofocus
        aria-label="Words to look for"
        placeholder="A name, a label, an image, an address"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setPlace(0);
        }}
        onKeyDown={onKeyDown}
        maxLength={256}
      />
      <Problem error={error} />
      <div role="listbox" aria-label="What was found">
        {choices.map((choice, index) => (
          <NavLink
            key={choice.key}
            role="option"
            aria-selected={index === place}
            component="button"
            label={choice.label}
            description={choice.description}
            active={index === place}
            onClick={() => go(choice)}
          />
        ))}
      </div>
      {wanted !== '' && !loading && choices.length === 0 && !error && (
        <Text c="dimmed">Nothing that you may read has this.</Text>
      )}
    </Stack>
  );
}

/** Characters of what was found: all of it is at its object. */
const LONGEST = 200;

const choiceOf = ({ resource, kind, namespace, name, field, text }: Hit): Choice => ({
  key: `${resource}/${namespace}/${name}`,
  label: legible(name),
  description: `${kind}${namespace ? ` in ${namespace}` : ''}${field === 'metadata.name' ? '' : ` — ${field}: ${legible(text, LONGEST)}`}`,
  to: objectPath(resource, { namespace, name }),
});
