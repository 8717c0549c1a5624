import type { KubeObject } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';

export interface PageInfo {
  startCursor: string | null;
  endCursor: string | null;
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

/** What a page is made of. */
interface PageParts {
  revision: number;
  stored: readonly Stored[];
  items: readonly KubeObject[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  /** that follow the page, where that is known without looking */
  remaining: number | undefined;
  cursorOf(stored: Stored): string;
  count(): number | Promise<number>;
}

/** A page of objects. What costs something is made when a field asks for it. */
export class ObjectConnection {
  readonly items: readonly KubeObject[];
  private readonly page: PageParts;
  private counted: number | Promise<number> | undefined;

  constructor(page: PageParts) {
    this.page = page;
    this.items = page.items;
  }

  get stored(): readonly Stored[] {
    return this.page.stored;
  }

  get resourceVersion(): string {
    return String(this.page.revision);
  }

  /** all that match, not only those of the page */
  totalCount(): number | Promise<number> {
    return (this.counted ??= this.page.count());
  }

  get pageInfo(): PageInfo {
    const { stored, cursorOf, hasNextPage, hasPreviousPage } = this.page;
    const [first, last] = [stored[0], stored.at(-1)];
    return {
      startCursor: first ? cursorOf(first) : null,
      endCursor: last ? cursorOf(last) : null,
      hasNextPage,
      hasPreviousPage,
    };
  }

  /** the end cursor, where something follows */
  get continue(): string | null {
    const { hasNextPage, stored, cursorOf } = this.page;
    const last = stored.at(-1);
    return hasNextPage && last ? cursorOf(last) : null;
  }

  get remainingItemCount(): number | null {
    return this.page.remaining || null;
  }
}
