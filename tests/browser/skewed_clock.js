// A phone whose clock is as many milliseconds off as localStorage says; what counts time (performance, keys) is right.
const Real = Date;
const off = () => {
  try {
    return Number(localStorage.getItem("test.skew"));
  } catch {
    return 0; // a page without storage
  }
};
globalThis.Date = class extends Real {
  constructor(...parts) {
    if (parts.length) super(...parts);
    else super(Real.now() + off());
  }

  static now() {
    return Real.now() + off();
  }
};
