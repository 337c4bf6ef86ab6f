import { useEffect, useRef } from "preact/hooks";

const keys: [string, string][] = [
  ["/", "write a filter"], ["j  k", "next and previous request"], ["Enter", "open a request"], ["Esc", "close it"], ["1 – 5", "views"], ["0", "all tasks"], ["?", "this help"],
];
const terms: [string, string][] = [
  ["status>=500", "or status=4xx, status=404"], ["duration>250ms", "units ns, us, ms, s; without one ms"], ["path~/cart", "contains; = is the whole"],
  ["method=GET,HEAD", "one of several"], ["end=server", "or client: who measured"], ["process= peer= host= rule=", "texts"], ["size>10000", "bytes of the response"],
  ["rtt>1ms  retrans>0", "the network"], ["sampled=slow", "server-error, client-error, unanswered, incomplete, slow, no"], ["joined=yes", "both ends are known"],
  ["outcome=unanswered", "or incomplete, complete"], ["reason=client-reset", "who ended it: client-closed, server-reset, …"], ["header.x-request-id=7f3a", "a field that the task copies"], ["-method=GET", "not"],
  ['"path=/a b"', "with spaces"],
];

export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => { dialog.current!.showModal(); }, []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="help-title">
      <h2 id="help-title">Keys and filters</h2>
      <dl>{keys.map(([key, what]) => <><dt><kbd>{key}</kbd></dt><dd>{what}</dd></>)}</dl>
      <h3>Filter: all terms hold</h3>
      <dl>{terms.map(([term, what]) => <><dt><code>{term}</code></dt><dd>{what}</dd></>)}</dl>
      <button type="button" onClick={() => dialog.current!.close()}>Close</button>
    </dialog>
  );
}
