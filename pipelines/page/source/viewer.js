// The page that shows dances: bodies from all sides, in step with their song.
// What it shows is in window.MACEDANCE (page.py): dances, beats, sound, video.

import * as THREE from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { Timeline } from "./timeline.js";
import { Clock } from "./clock.js";

const page = window.MACEDANCE;
const byId = (name) => document.getElementById(name);
const views = { front: [0, 0.35, 4.2], side: [4.2, 0.35, 0], back: [0, 0.35, -4.2], top: [0, 4.5, 0.01] };

const renderer = new THREE.WebGLRenderer({ canvas: byId("stage"), antialias: true });
renderer.setClearColor(0xf4f2ee);
renderer.shadowMap.enabled = true;
const camera = new THREE.PerspectiveCamera(38, 1, 0.05, 100);
const controls = new OrbitControls(camera, byId("stage"));
controls.enableDamping = false;
controls.maxPolarAngle = Math.PI * 0.52;
const clock = new Clock(byId("sound"), byId("video"), page);
const timeline = new Timeline(byId("timeline"), page, clock);
let seats = [];

function bytes(base64) {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) found[i] = text.charCodeAt(i);
  return found;
}

function lit(scene) {
  scene.add(new THREE.HemisphereLight(0xffffff, 0xb9b2a6, 2.2));
  const sun = new THREE.DirectionalLight(0xffffff, 1.6);
  sun.position.set(1.5, 4, 2.5);
  sun.castShadow = true;
  sun.shadow.mapSize.set(1024, 1024);
  Object.assign(sun.shadow.camera, { left: -4, right: 4, top: 4, bottom: -4 });
  scene.add(sun, sun.target);
  const floor = new THREE.Mesh(
    new THREE.PlaneGeometry(60, 60),
    new THREE.MeshStandardMaterial({ color: 0xf4f2ee, roughness: 1 }),
  );
  floor.rotation.x = -Math.PI / 2;
  floor.receiveShadow = true;
  const grid = new THREE.GridHelper(20, 20, 0xbcb4a8, 0xd9d3c9);
  grid.position.y = 0.002;
  scene.add(floor, grid);
  return sun;
}

async function seated(dance) {
  const gltf = await new GLTFLoader().parseAsync(bytes(dance.glb).buffer, "");
  const scene = new THREE.Scene();
  const sun = lit(scene);
  gltf.scene.rotation.y = -dance.front;
  scene.add(gltf.scene);
  let pelvis = null;
  gltf.scene.traverse((node) => {
    if (node.isMesh) {
      node.castShadow = true;
      node.frustumCulled = false;
    }
    if (node.isBone && pelvis === null) pelvis = node;
  });
  const mixer = new THREE.AnimationMixer(gltf.scene);
  mixer.clipAction(gltf.animations[0]).play();
  return { dance, scene, sun, mixer, pelvis, place: new THREE.Vector3() };
}

function resized() {
  const box = byId("stage").parentElement.getBoundingClientRect();
  renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));
  renderer.setSize(box.width, box.height);
  timeline.resize();
}

let shown = "";

function draw() {
  window.requestAnimationFrame(draw);
  const seconds = clock.now();
  controls.update();
  // Nothing is drawn twice: a page that is left open costs nothing.
  const wanted = JSON.stringify([
    seconds, clock.playing, clock.loop, camera.position, controls.target,
    renderer.getSize(new THREE.Vector2()), byId("follow").checked,
  ]);
  if (wanted === shown) return;
  shown = wanted;
  for (const seat of seats) {
    seat.mixer.setTime(Math.min(seconds, seat.dance.seconds - 1e-4));
    seat.scene.updateMatrixWorld();
    seat.pelvis.getWorldPosition(seat.place);
  }
  const size = renderer.getSize(new THREE.Vector2());
  const wide = size.x >= size.y;
  const width = wide ? size.x / seats.length : size.x;
  const height = wide ? size.y : size.y / seats.length;
  camera.aspect = width / height;
  camera.updateProjectionMatrix();
  const eye = camera.position.clone();
  renderer.setScissorTest(true);
  seats.forEach((seat, number) => {
    const x = wide ? number * width : 0;
    const y = wide ? 0 : (seats.length - 1 - number) * height;
    renderer.setViewport(x, y, width, height);
    renderer.setScissor(x, y, width, height);
    const away = byId("follow").checked
      ? new THREE.Vector3(seat.place.x, 0, seat.place.z) : new THREE.Vector3();
    camera.position.copy(eye).add(away);
    seat.sun.position.set(1.5 + away.x, 4, 2.5 + away.z);
    seat.sun.target.position.copy(away);
    renderer.render(seat.scene, camera);
  });
  camera.position.copy(eye);
  byId("time").textContent = `${seconds.toFixed(2)} s`;
  byId("play").textContent = clock.playing ? "Pause" : "Play";
  timeline.draw(seconds);
}

function look(name) {
  controls.target.set(0, 0.95, 0);
  const [x, y, z] = views[name];
  const tall = window.innerHeight > window.innerWidth ? 1.25 : 1;
  camera.position.set(x * tall, 0.95 + y, z * tall);
  controls.update();
}

function wired() {
  byId("play").addEventListener("click", () => clock.toggle());
  byId("speed").addEventListener("change", (event) => clock.setSpeed(Number(event.target.value)));
  byId("loop").addEventListener("click", () => timeline.clearLoop());
  for (const name of Object.keys(views)) byId(name).addEventListener("click", () => look(name));
  // A video takes its room only when it knows its size.
  new ResizeObserver(resized).observe(byId("room"));
  window.addEventListener("keydown", (event) => {
    const step = 1 / page.fps;
    if (event.key === " ") clock.toggle();
    else if (event.key === "ArrowLeft") clock.seek(clock.now() - (event.shiftKey ? 1 : step));
    else if (event.key === "ArrowRight") clock.seek(clock.now() + (event.shiftKey ? 1 : step));
    else return;
    event.preventDefault();
  });
}

async function main() {
  seats = await Promise.all(page.dances.map(seated));
  if (page.sound) byId("sound").src = url(page.sound);
  if (page.video) {
    byId("video").src = url(page.video);
    byId("video").hidden = false;
  }
  wired();
  look("front");
  resized();
  document.body.dataset.ready = "yes";
  window.requestAnimationFrame(draw);
}

function url(media) {
  return URL.createObjectURL(new Blob([bytes(media.data)], { type: media.type }));
}

// What a test, or a curious person, may ask.
window.macedance = {
  clock,
  timeline,
  pelvis: (number = 0) => seats[number].place.toArray(),
};
main().catch((error) => {
  document.body.dataset.ready = "no";
  byId("problem").hidden = false;
  byId("problem").textContent = `This page cannot be shown here: ${error.message}`;
});
