import { onBeforeUnmount, ref, type Ref, watch } from "vue";

/** Plays a recording. */
export interface Transport {
  readonly time: Ref<number>;
  readonly playing: Ref<boolean>;
  /** Plays from the present position, or from the start if that is the end. With reduced motion it jumps to the end. */
  play(from?: number): void;
  pause(): void;
}

/** @param slowness - The number of real milliseconds for one millisecond of the recording. */
export function useTransport(end: Ref<number>, slowness: Ref<number>): Transport {
  const time = ref(0);
  const playing = ref(false);
  let frame = 0;

  function pause(): void {
    playing.value = false;
    cancelAnimationFrame(frame);
  }

  function play(from = time.value < end.value ? time.value : 0): void {
    pause();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      time.value = end.value;
      return;
    }
    time.value = from;
    playing.value = true;
    let before = performance.now();
    const advance = (now: number): void => {
      time.value = Math.min(end.value, time.value + Math.max(0, now - before) / slowness.value);
      before = now;
      if (time.value < end.value) frame = requestAnimationFrame(advance);
      else playing.value = false;
    };
    frame = requestAnimationFrame(advance);
  }

  watch(end, () => {
    time.value = Math.min(time.value, end.value);
  });
  onBeforeUnmount(() => {
    if (playing.value) pause();
  });
  return { time, playing, play, pause };
}
