import type {
  AllocationResult,
  Device,
  DeviceClass,
  Node,
  ResourceResourceClaim,
  ResourceSlice,
} from '../../../schema/types.ts';
import { reject, type Rejection } from '../plugin.ts';
import { AllocationError } from './allocation-error.ts';
import { candidatesOf, poolsOf, type Candidate, type SliceLister } from './pools.ts';
import { Search, type Supply } from './search.ts';
import { planOf, type ClaimPlan, type Request } from './requests.ts';
import { selects } from './selectors.ts';

/** What an allocation looks at. */
export interface DeviceView extends SliceLister {
  deviceClass(name: string): DeviceClass | undefined;
  isTaken(device: string): boolean;
}

/**
 * Steps, of some 50 ns each, that the search may take for one node and for all nodes of one decision. It tries all
 * combinations, of which there may be more than anybody can wait for; kube-scheduler gives up after ten seconds a node.
 */
const NODE_STEPS = 200_000;
const DECISION_STEPS = 600_000;

/** Looks for devices for the claims of one pod, on one node after another. Source: dynamic-resource-allocation/structured. */
export class Allocator {
  private steps = DECISION_STEPS;
  private readonly plans: readonly ClaimPlan[] | AllocationError;
  /** per slice the devices that nobody has */
  private readonly free = new Map<ResourceSlice, readonly Candidate[]>();
  private readonly all = new Map<ResourceSlice, readonly Candidate[]>();
  private readonly selected = new Map<Request, Map<Device, boolean>>();

  /** @param claims those without an allocation */
  constructor(
    claims: readonly ResourceResourceClaim[],
    private readonly view: DeviceView,
  ) {
    this.plans = plansOf(claims, view);
  }

  /** An allocation for each claim, in their order, or why there is none on this node (`fatal`: nor on any). */
  allocate(node: Node): AllocationResult[] | Rejection {
    if (this.plans instanceof AllocationError) return fatal(this.plans);
    if (this.steps <= 0) return reject(TIMED_OUT, true);
    const before = this.steps;
    const spend = (steps: number): void => {
      this.steps -= steps;
      if (this.steps < 0 || before - this.steps > NODE_STEPS) throw new OutOfSteps();
    };
    try {
      const pools = poolsOf(node, this.view);
      const found = new Search(this.plans, pools, this.supply(spend)).run();
      if (found) return found;
      const why = pools.some(({ isInvalid }) => isInvalid) ? INVALID_POOLS : 'cannot allocate all claims';
      return reject(why, true);
    } catch (error) {
      if (error instanceof OutOfSteps) return reject(TIMED_OUT, true);
      if (error instanceof AllocationError) return fatal(error);
      throw error;
    }
  }

  private supply(spend: (steps: number) => void): Supply {
    return {
      spend,
      isTaken: (device) => this.view.isTaken(device),
      candidates: (slice, adminAccess) => this.candidates(slice, adminAccess),
      isSelected: (claim, request, candidate) => this.isSelected(claim, request, candidate, spend),
    };
  }

  /** The slice's devices that a request of this kind may have. */
  private candidates(slice: ResourceSlice, evenTaken: boolean): readonly Candidate[] {
    const known = evenTaken ? this.all : this.free;
    let candidates = known.get(slice);
    if (!candidates) {
      const all = candidatesOf(slice);
      known.set(slice, (candidates = evenTaken ? all : all.filter(({ id }) => !this.view.isTaken(id))));
    }
    return candidates;
  }

  /** Whether the selectors of the request and of its class are all true of the device. @throws AllocationError */
  private isSelected(
    claim: string,
    request: Request,
    { device, slice }: Candidate,
    spend: (steps: number) => void,
  ): boolean {
    let known = this.selected.get(request);
    if (!known) this.selected.set(request, (known = new Map()));
    let selected = known.get(device);
    if (selected !== undefined) return selected;
    const { deviceClass, selectors } = request;
    const { driver } = slice.spec;
    const check = (of: string, list: DeviceClass['spec']['selectors'] = []): boolean =>
      list.every((selector, i) => {
        const verdict = selects(selector, driver, device, spend);
        if (typeof verdict === 'boolean') return verdict;
        throw new AllocationError(`${of}: selector #${i}: ${verdict.error}`);
      });
    selected =
      check(`class ${deviceClass.metadata.name}`, deviceClass.spec.selectors) &&
      check(`claim ${claim}`, [...selectors]);
    known.set(device, selected);
    return selected;
  }
}

class OutOfSteps extends Error {}
const TIMED_OUT = 'timed out trying to allocate devices';
const INVALID_POOLS = 'invalid resource pools were encountered';
const fatal = ({ message }: AllocationError): Rejection => ({ ...reject(message, true), fatal: true });

function plansOf(claims: readonly ResourceResourceClaim[], view: DeviceView): ClaimPlan[] | AllocationError {
  try {
    return claims.map((claim) => planOf(claim, (name) => view.deviceClass(name)));
  } catch (error) {
    if (error instanceof AllocationError) return error;
    throw error;
  }
}
