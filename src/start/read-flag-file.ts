import { readFileSync } from 'node:fs';
import { errorMessage } from '../meta/error-message.ts';
import { StartError } from './start-error.ts';

/** The text of the file that a flag names. @throws StartError */
export function readFlagFile(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartError(`--${flag}: ${errorMessage(error)}`);
  }
}
