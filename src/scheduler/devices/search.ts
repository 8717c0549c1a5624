import type { AllocationResult, ResourceSlice } from '../../../schema/types.ts';
import { AllocationError } from './allocation-error.ts';
import { allocationResult, type Chosen } from './allocation-result.ts';
import { MatchAttribute } from './match-attribute.ts';
import type { Candidate, Pool } from './pools.ts';
import type { ClaimPlan, Request } from './requests.ts';

/** Devices of one claim. */
const MAX_RESULTS = 32;
/** Claims, requests and devices of one pod: each is a call within the one before, for which the stack has to do. */
const MAX_PLACES = 3000;

/** The devices that there are. */
export interface Supply {
  /** told of each step; throws when there have been too many */
  spend(steps: number): void;
  isTaken(device: string): boolean;
  /** the slice's devices, with or without those that somebody has */
  candidates(slice: ResourceSlice, evenTaken: boolean): readonly Candidate[];
  /** @throws AllocationError where a selector is broken */
  isSelected(claim: string, request: Request, candidate: Candidate): boolean;
}

/** How a search below went; `many`: the claim would have more devices than it can. */
type Found = 'done' | 'none' | 'many';

/** Tries one device after the other for each place in turn, and goes back where the next place finds none. */
export class Search {
  /** the claims, by their place among the plans, for which a device has just been chosen */
  private readonly chosenFor = new Map<string, Set<number>>();
  private readonly chosen: Chosen[][];
  /** of each claim the way that each request was satisfied */
  private readonly taken: Request[][];
  private readonly allOf = new Map<Request, readonly Candidate[]>();
  private readonly lists: { all?: readonly Candidate[]; free?: readonly Candidate[] } = {};
  private readonly constraints: (readonly MatchAttribute[])[];

  constructor(
    private readonly plans: readonly ClaimPlan[],
    private readonly pools: readonly Pool[],
    private readonly supply: Supply,
  ) {
    this.chosen = plans.map(() => []);
    this.constraints = plans.map(({ constraints }) => constraints.map((one) => new MatchAttribute(one)));
    this.taken = plans.map(({ requests }) => requests.flatMap(([first]) => first ?? []));
  }

  run(): AllocationResult[] | undefined {
    let places = 0;
    for (const plan of this.plans) {
      this.supply.spend(1);
      this.measure(plan);
      places += this.placesOf(plan);
    }
    if (places > MAX_PLACES) throw new AllocationError(`the pod's claims ask for more than ${MAX_PLACES} places`);
    if (this.claim(0) !== 'done') return undefined;
    return this.plans.map(({ claim }, i) => allocationResult(claim, this.taken[i] ?? [], this.chosen[i] ?? []));
  }

  /** Finds out how many devices "all" are. @throws AllocationError where there are too many, or it cannot be told */
  private measure({ name, requests }: ClaimPlan): void {
    let least = 0;
    for (const ways of requests) {
      const counts = ways.map((request) => request.count ?? this.findAll(name, request).length);
      if (counts.length) least += Math.min(...counts);
    }
    if (least > MAX_RESULTS)
      throw new AllocationError(
        `claim ${name}: number of requested devices ${least} exceeds the claim limit of ${MAX_RESULTS}`,
      );
  }

  private placesOf({ requests }: ClaimPlan): number {
    const most = (ways: readonly Request[]): number =>
      Math.max(0, ...ways.map((way) => Math.min(way.count ?? this.allOf.get(way)?.length ?? 0, MAX_RESULTS)));
    return requests.reduce((sum, ways) => sum + 2 + most(ways), 2);
  }

  private findAll(claim: string, request: Request): readonly Candidate[] {
    const found: Candidate[] = [];
    for (const { id, isIncomplete, isInvalid, slices } of this.pools) {
      const asks = `claim ${claim}, request ${request.name}: asks for all devices, but resource pool ${id} is currently`;
      if (isIncomplete) throw new AllocationError(`${asks} being updated`);
      if (isInvalid) throw new AllocationError(`${asks} invalid`);
      for (const slice of slices) {
        for (const candidate of this.supply.candidates(slice, true)) {
          this.supply.spend(1);
          if (this.supply.isSelected(claim, request, candidate)) found.push(candidate);
        }
      }
    }
    this.allOf.set(request, found);
    return found;
  }

  private claim(c: number): Found {
    return c >= this.plans.length ? 'done' : this.request(c, 0);
  }

  /** The request and all that come after it. */
  private request(c: number, r: number): Found {
    this.supply.spend(1);
    const ways = this.plans[c]?.requests[r];
    if (!ways) {
      // Another claim's size is no reason to give up all ways of this one.
      const found = this.claim(c + 1);
      return found === 'many' ? 'none' : found;
    }
    let found: Found = 'many';
    for (const way of ways) {
      const taken = this.taken[c];
      if (taken) taken[r] = way;
      const tried = this.devices(c, r, way, 0, 0);
      if (tried === 'done') return tried;
      if (tried === 'none') found = 'none';
    }
    return found;
  }

  /**
   * The devices of the request from `d` on, and all requests after it.
   * @param from place among the candidates of the first that may be taken: what was tried before the last device of the
   * same request failed with it too, in whatever order. So each set of devices is tried once, and what is found is
   * what is found first when all orders are tried, as kube-scheduler does.
   */
  private devices(c: number, r: number, request: Request, d: number, from: number): Found {
    this.supply.spend(1);
    const all = this.allOf.get(request);
    const count = all?.length ?? request.count ?? 1;
    if (all?.length === 0) return 'none';
    if (d >= count) return this.request(c, r + 1);
    if ((this.chosen[c]?.length ?? 0) + count - d > MAX_RESULTS) return 'many';
    if (all) {
      const candidate = all[d];
      if (!candidate || !this.choose(c, request, candidate, true)) return 'none';
      const found = this.devices(c, r, request, d + 1, 0);
      if (found !== 'done') this.unchoose(c, request, candidate);
      return found;
    }
    const candidates = this.candidates(request.adminAccess);
    for (let i = from; i < candidates.length; i++) {
      const candidate = candidates[i] as Candidate;
      this.supply.spend(1);
      if (this.isInUse(c, request, candidate)) continue;
      if (!this.supply.isSelected(this.plans[c]?.name ?? '', request, candidate)) continue;
      if (!this.choose(c, request, candidate, false)) continue;
      const found = this.devices(c, r, request, d + 1, i + 1);
      if (found === 'done') return found;
      this.unchoose(c, request, candidate);
      if (found === 'many') return found;
    }
    return 'none';
  }

  /** Devices of whole pools, with or without those that somebody has. */
  private candidates(evenTaken: boolean): readonly Candidate[] {
    return (this.lists[evenTaken ? 'all' : 'free'] ??= this.pools
      .filter(({ isIncomplete, isInvalid }) => !isIncomplete && !isInvalid)
      .flatMap(({ slices }) => slices.flatMap((slice) => this.supply.candidates(slice, evenTaken))));
  }

  /** With admin access a device may be somebody's, but not twice the same claim's. */
  private isInUse(c: number, { adminAccess }: Request, { id }: Candidate): boolean {
    const claims = this.chosenFor.get(id);
    if (adminAccess) return claims?.has(c) ?? false;
    return (claims?.size ?? 0) > 0 || this.supply.isTaken(id);
  }

  /** @param must without this device the request cannot be satisfied at all */
  private choose(c: number, request: Request, candidate: Candidate, must: boolean): boolean {
    if (this.isInUse(c, request, candidate)) return false;
    const constraints = this.constraints[c] ?? [];
    for (const [i, constraint] of constraints.entries()) {
      if (constraint.add(request, candidate)) continue;
      if (must)
        throw new AllocationError(
          `claim ${this.plans[c]?.name}, request ${request.name}: cannot add device ${candidate.id} because a claim constraint would not be satisfied`,
        );
      for (const added of constraints.slice(0, i)) added.remove(request);
      return false;
    }
    const claims = this.chosenFor.get(candidate.id);
    if (claims) claims.add(c);
    else this.chosenFor.set(candidate.id, new Set([c]));
    this.chosen[c]?.push({ request, candidate });
    return true;
  }

  private unchoose(c: number, request: Request, { id }: Candidate): void {
    for (const constraint of this.constraints[c] ?? []) constraint.remove(request);
    this.chosenFor.get(id)?.delete(c);
    this.chosen[c]?.pop();
  }
}
