import { withExtensions, type JsonText } from './json-text.ts';

/** Warnings in one result; more are dropped. */
const MAX_WARNINGS = 100;

/** What a caller is warned of while one result is made: said in its `extensions`. */
export class Warnings {
  private readonly texts = new Set<string>();

  /** @param also who is told of each besides */
  constructor(private readonly also: (text: string) => void = () => undefined) {}

  readonly add = (text: string): void => {
    if (this.texts.size < MAX_WARNINGS) this.texts.add(text);
    this.also(text);
  };

  /** The result with what has been said. */
  on(result: JsonText): JsonText {
    return this.texts.size ? withExtensions(result, { warnings: [...this.texts] }) : result;
  }
}
