import { chromium, openPage } from './chromium.testing';
import { startTestService } from './service.testing';

describe('the page at /docs, in a browser', () => {
  it('shows the operations, tries one out, asks no other origin and logs no error', async () => {
    if (chromium === undefined) {
      process.stderr.write('skipped: there is no Chromium to open /docs with\n');
      return;
    }
    const service = await startTestService();
    const page = await openPage(chromium, `${service.url}/docs`);
    try {
      expect(await page.eventually(`document.querySelector('[data-path="/v1/qos-sessions"]') && document.title`)).toMatch(/^QoS session ledger/);
      const operation = `document.querySelector('[id="operations-Service-readyService"]')`;
      await page.eventually(`${operation} && (${operation}.querySelector('.opblock-summary-control').click(), true)`);
      // The example of its answer is there: the references of the document are followed.
      await page.eventually(`${operation}.innerText.includes('"checks"')`);
      await page.eventually(`${operation}.querySelector('.btn.execute') && (${operation}.querySelector('.btn.execute').click(), true)`);
      const answered = await page.eventually(`${operation}.querySelector('.live-responses-table tbody .response-col_description')?.innerText`);
      expect(answered).toContain('"status": "up"');
      const origins = page.requests.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).origin);
      expect([...new Set(origins)]).toEqual([service.url]);
      expect(page.requests).toContain(`${service.url}/health/ready`);
      expect(page.errors).toEqual([]);
    } finally {
      await page.close();
      await service.close();
    }
  });
});
