/**
 * Resources whose values no history holds: what watches and pages of lists need of the past goes after a short time
 * (Retention.confidentialMs), and is shown to nobody after that.
 */
export const CONFIDENTIAL: readonly string[] = ['secrets'];
