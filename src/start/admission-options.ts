import { validateSwitches, type PluginSwitches } from '../api/admission/enabled-plugins.ts';
import type { ADMISSION_FLAGS } from './kube-flags.ts';
import { StartError } from './start-error.ts';

type Flags = { [F in keyof typeof ADMISSION_FLAGS]?: string[] | undefined };

export const ADMISSION_USAGE = `  --enable-admission-plugins LIST, --disable-admission-plugins LIST
                            admission plugins beside or of those that are on by default, by kube-apiserver's names`;

/** @throws StartError with kube-apiserver's message for names that it does not know */
export function admissionSwitches(flags: Flags): PluginSwitches {
  const switches = {
    enable: names(flags['enable-admission-plugins']),
    disable: names(flags['disable-admission-plugins']),
  };
  const [first, ...more] = validateSwitches(switches);
  if (first === undefined) return switches;
  throw new StartError(more.length === 0 ? first : `[${[first, ...more].join(', ')}]`);
}

const names = (lists: readonly string[] = []): string[] =>
  lists.flatMap((list) => (list === '' ? [] : list.split(',')));
