import { createHash } from 'node:crypto';

/**
 * A hand of `handSize` different queues out of `queues`, always the same for one flow (KEP-1040, shuffle sharding): two
 * flows rarely share their whole hands, so that a flood in one leaves the others a free queue.
 */
export function dealHand(flow: string, queues: number, handSize: number): number[] {
  let value = createHash('sha256').update(flow).digest().readBigUInt64BE();
  const hand: number[] = [];
  for (let i = 0; i < Math.min(handSize, queues); i++) {
    const left = BigInt(queues - i);
    let card = Number(value % left);
    value /= left;
    // the n-th of the cards that are not dealt yet
    for (const dealt of hand.toSorted((a, b) => a - b)) if (card >= dealt) card++;
    hand.push(card);
  }
  return hand;
}
