// One time for everything: the song's where there is one, else the first video's, else the screen's.

export class Clock {
  constructor(sound, videos, seconds) {
    this.media = sound ? [sound, ...videos] : videos;
    this.seconds = seconds;
    this.playing = false;
    this.speed = 1;
    this.loop = null;
    this.at = 0;
    this.since = 0;
  }

  now() {
    if (this.playing) {
      const leader = this.media[0];
      this.at = leader && !leader.ended
        ? leader.currentTime : this.at + ((performance.now() - this.since) / 1000) * this.speed;
      this.since = performance.now();
      const [start, end] = this.loop || [0, this.seconds];
      if (this.at >= end || this.at < start - 0.05) this.seek(start);
    }
    return this.at;
  }

  seek(seconds) {
    this.at = Math.min(Math.max(seconds, 0), this.seconds);
    this.since = performance.now();
    for (const media of this.media) media.currentTime = this.at;
  }

  toggle() {
    this.playing = !this.playing;
    this.since = performance.now();
    this.seek(this.at);
    for (const media of this.media) {
      media.playbackRate = this.speed;
      if (this.playing) media.play().catch(() => {});
      else media.pause();
    }
  }

  setSpeed(speed) {
    this.speed = speed;
    for (const media of this.media) media.playbackRate = speed;
  }
}
