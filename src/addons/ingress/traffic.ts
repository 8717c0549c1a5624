/** What has gone through the proxy, in Prometheus' text format. One series for each class of answers, and no more. */
export class Traffic {
  private readonly answers = new Map<string, number>();
  private upgrades = 0;
  private retries = 0;
  private open = 0;

  began(): void {
    this.open++;
  }

  /** @param status as it was answered; 0 where nobody waited for it */
  ended(status: number): void {
    this.open--;
    const name = status ? `${Math.floor(status / 100)}xx` : 'none';
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1);
  }

  upgraded(): void {
    this.upgrades++;
  }

  retried(): void {
    this.retries++;
  }

  text(): string {
    return [
      '# TYPE ku7s_ingress_requests_total counter',
      ...[...this.answers].map(([code, count]) => `ku7s_ingress_requests_total{code="${code}"} ${count}`),
      '# TYPE ku7s_ingress_requests_open gauge',
      `ku7s_ingress_requests_open ${this.open}`,
      '# TYPE ku7s_ingress_upgrades_total counter',
      `ku7s_ingress_upgrades_total ${this.upgrades}`,
      '# TYPE ku7s_ingress_retries_total counter',
      `ku7s_ingress_retries_total ${this.retries}`,
      '',
    ].join('\n');
  }
}
