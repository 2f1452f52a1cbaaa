// What this browser keeps: small choices of how a page looks.
const prefix = 'groupcast.';

// keep keeps a value under a name: in this tab of the browser only, or in all.
export function keep(name, value, {here = false} = {}) {
  try {
    (here ? sessionStorage : localStorage).setItem(prefix + name, value);
  } catch {
    // this browser keeps nothing
  }
}

// kept is what was kept, or null.
export function kept(name, {here = false} = {}) {
  try {
    return (here ? sessionStorage : localStorage).getItem(prefix + name);
  } catch {
    return null;
  }
}
