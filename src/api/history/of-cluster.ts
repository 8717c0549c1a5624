import type { Author } from '../../store/contract.ts';

const PARTS = /^system:(apiserver$|kube-scheduler$|kube-controller-manager$|node:|serviceaccount:kube-system:)/;

/** Whether one of the cluster's own parts has written it: the loops of this program, nodes and controllers. */
export const isOfCluster = ({ facade, user }: Pick<Author, 'facade' | 'user'>): boolean =>
  facade === 'loop' || PARTS.test(user);
