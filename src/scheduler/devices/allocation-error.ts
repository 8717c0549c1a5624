/** Claims or classes are such that no node would do: the attempt ends here, and is made again after a while. */
export class AllocationError extends Error {}
