/** A kubelet that does not begin to answer in this time, ms, is taken for unreachable. Logs and streams may last. */
export const KUBELET_ANSWER_MS = 30_000;
