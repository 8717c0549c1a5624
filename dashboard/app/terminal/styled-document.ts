/**
 * The page's document for a library that makes styles as it runs: what it makes carries the page's nonce, and styles of
 * single elements are set through their own object, as the page's policy lets neither through otherwise.
 * @param nonce of the page
 */
export function styledDocument(nonce: string): Document {
  const create = (tag: string): HTMLElement => {
    const element = document.createElement(tag);
    if (tag === 'style') element.nonce = nonce;
    element.setAttribute = function setAttribute(name, value) {
      if (name === 'style') this.style.cssText = value;
      else Element.prototype.setAttribute.call(this, name, value);
    };
    return element;
  };
  return new Proxy(document, {
    get(target, name) {
      if (name === 'createElement') return create;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
