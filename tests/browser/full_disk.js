// A disk that is full when `window.isDiskFull` says so: writes fail as the browser lets them fail.
const add = IDBObjectStore.prototype.add;
IDBObjectStore.prototype.add = function (...args) {
  if (!window.isDiskFull) return add.apply(this, args);
  const request = add.apply(this, args);
  this.transaction.abort(); // as when the quota is met: the request succeeds, the transaction does not
  return request;
};
