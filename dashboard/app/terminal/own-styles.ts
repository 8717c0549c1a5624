import { nonce } from '../shared/nonce.ts';

/**
 * While a terminal is shown, styles that it makes as it runs pass the page's policy: style elements carry the page's
 * nonce, and styles of single characters are set through their own object. xterm takes elements from the page's document,
 * whatever other it is given (documentOverride, 6.0.0). Returns what ends it.
 */
export function letStylesPass(): () => void {
  terminals++;
  document.createElement = createStyled;
  return () => {
    terminals--;
    // the method of all documents shows again
    if (terminals === 0) Reflect.deleteProperty(document, 'createElement');
  };
}

let terminals = 0;

function createStyled(this: Document, tag: string, options?: ElementCreationOptions): HTMLElement {
  const element = Document.prototype.createElement.call(document, tag, options);
  if (tag === 'style') element.nonce = nonce();
  else if (tag === 'span') element.setAttribute = setAttribute;
  return element;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
