// Loaded before anything else: the process's clock is wrong by CLOCK_SHIFT_DAYS, or jumps about with each look at it.
const Real = Date;
const dayMs = 24 * 60 * 60 * 1000;
const days = process.env.CLOCK_SHIFT_DAYS ?? "0";
let looks = 0;
const shiftMs = () =>
  days === "jumping" ? (++looks % 2 ? 1 : -1) * (looks % 700) * dayMs : Number(days) * dayMs;

globalThis.Date = class extends Real {
  constructor(...values) {
    if (values.length === 0) super(Real.now() + shiftMs());
    else super(...values);
  }
  static now() {
    return Real.now() + shiftMs();
  }
};
