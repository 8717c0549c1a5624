import { MultiSelect } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useCluster } from '../server/kinds.tsx';
import { useChangeSearch } from '../shared/page-link.tsx';
import { useNamespaces } from '../shared/use-namespaces.ts';

/** Where there is no room for a button that clears all beside one for each: as in page.css. */
const NARROW = '(max-width: 48em)';

/** Which namespaces are looked at: one, several, or none for all. */
export function NamespacePicker() {
  const { namespaces } = useCluster();
  const change = useChangeSearch();
  const chosen = useNamespaces();
  const isNarrow = useMediaQuery(NARROW);
  return (
    <MultiSelect
      aria-label="Namespaces"
      className={chosen.length ? 'namespaces chosen' : 'namespaces'}
      placeholder={chosen.length ? '' : 'All namespaces'}
      data={[...new Set([...namespaces, ...chosen])].sort()}
      value={[...chosen]}
      onChange={(names) => change({ ns: names.join(',') || undefined }, { step: true })}
      searchable
      clearable={!isNarrow}
      size="xs"
      w={{ base: 104, xs: 150, sm: 260, md: 400 }}
      limit={200}
      hidePickedOptions
      nothingFoundMessage="No such namespace"
    />
  );
}
