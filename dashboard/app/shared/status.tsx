/** How a word of a status is meant, whatever kind has it. */
export type Tone = 'well' | 'ill' | 'waiting' | 'plain';

const WELL = new Set([
  'Running',
  'Ready',
  'Active',
  'Bound',
  'Available',
  'Complete',
  'Completed',
  'Succeeded',
  'True',
  'Healthy',
  'Established',
  'Normal',
]);
const ILL = new Set([
  'Failed',
  'Error',
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'OOMKilled',
  'Evicted',
  'NotReady',
  'Lost',
  'Unknown',
  'CreateContainerConfigError',
  'CreateContainerError',
  'InvalidImageName',
  'Warning',
]);
const WAITING = [
  'Pending',
  'ContainerCreating',
  'Terminating',
  'Init:',
  'PodInitializing',
  'Progressing',
  'Released',
  'Suspended',
];

/** How a word of a status is meant. */
export function toneOf(word: string): Tone {
  const [first = ''] = word.split(',');
  if (WELL.has(first)) return word.includes(',') ? 'waiting' : 'well';
  if (ILL.has(first) || first.startsWith('Init:Error') || first.startsWith('Init:Crash')) return 'ill';
  return WAITING.some((begin) => first.startsWith(begin)) ? 'waiting' : 'plain';
}

/** A word of a status, with a colour that says nothing which the word does not. */
export const Status = ({ word, tone = toneOf(word) }: { word: string; tone?: Tone }) => (
  <span className={`status ${tone}`}>{word}</span>
);
