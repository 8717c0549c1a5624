import { beforeEach, describe, expect, it } from 'vitest';
import { follow } from '../../src/api/follow.ts';
import type { Scope, Stored, WatchHandlers } from '../../src/store/contract.ts';

/** A store of names at versions, whose watches a test feeds and ends. */
class Names {
  readonly there = new Map<string, Stored>();
  revision = 0;
  handlers: WatchHandlers | undefined;
  readonly asked: unknown[] = [];

  put(name: string): Stored {
    const stored = { resource: 'configmaps', namespace: 'a', name, revision: ++this.revision } as Stored;
    this.there.set(name, stored);
    return stored;
  }
  list(scope: Scope): never {
    this.asked.push(['list', scope]);
    return { items: [...this.there.values()], revision: this.revision } as never;
  }
  watch(scope: Scope, from: number, handlers: WatchHandlers): () => void {
    this.asked.push(['watch', scope, from]);
    this.handlers = handlers;
    return () => (this.handlers = undefined);
  }
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', name: string): void {
    const stored = type === 'DELETED' ? this.there.get(name)! : this.put(name);
    if (type === 'DELETED') this.there.delete(name);
    this.handlers!.onEvents([{ type, stored, revision: this.revision } as never]);
  }
}

const SCOPE = { resource: 'configmaps', namespace: 'a' };
let store: Names;
let told: string[];
const tell = (what: string) => (stored?: Stored) =>
  void told.push(stored ? `${what} ${stored.name} ${stored.revision}` : what);
const all = {
  seen: (stored: Stored, isNew: boolean) => tell(isNew ? 'new' : 'seen')(stored),
  gone: tell('gone'),
  anew: tell('anew'),
};
beforeEach(() => {
  store = new Names();
  told = [];
  store.put('x');
});

describe('who follows objects', () => {
  it('sees what is there, then what becomes of it', () => {
    follow(store, SCOPE, all);
    store.event('ADDED', 'y');
    store.event('MODIFIED', 'x');
    store.event('DELETED', 'y');
    expect(told).toEqual(['seen x 1', 'new y 2', 'seen x 3', 'gone y 2']);
    expect(store.asked).toEqual([
      ['list', SCOPE],
      ['watch', SCOPE, 1],
    ]);
  });

  it('is told what went meanwhile where the watch had fallen behind, and sees the rest anew', () => {
    follow(store, SCOPE, all);
    store.event('ADDED', 'y');
    told.length = 0;
    store.there.delete('x');
    store.put('z');
    store.handlers!.onEnd('expired');
    expect(told).toEqual(['gone x 1', 'seen y 2', 'seen z 3', 'anew']);
    expect(store.asked.at(-1)).toEqual(['watch', SCOPE, 3]);
    store.event('DELETED', 'z');
    store.handlers!.onEnd('expired');
    expect(told.slice(4)).toEqual(['gone z 3', 'seen y 2', 'anew']);
  });

  it('hears nothing more once it has ended, or the store has closed', () => {
    const end = follow(store, SCOPE, { seen: tell('seen') });
    const { handlers } = store;
    end();
    expect(store.handlers).toBeUndefined();
    handlers!.onEnd('expired');
    expect(store.asked).toHaveLength(2);

    follow(store, SCOPE, all);
    store.handlers!.onEnd('closed');
    expect(store.asked).toHaveLength(4);
    expect(told).toEqual(['seen x 1', 'seen x 1']);
  });
});
