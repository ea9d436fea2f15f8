// Dances on a canvas: each in its own scene, side by side, before one camera.

import * as THREE from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

const GROUND = 0xf4f2ee;
const VIEWS = { front: [0, 0.35, 4.2], side: [4.2, 0.35, 0], back: [0, 0.35, -4.2], top: [0, 4.5, 0.01] };

export function bytes(base64) {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) found[i] = text.charCodeAt(i);
  return found;
}

export function url(media) {
  return URL.createObjectURL(new Blob([bytes(media.data)], { type: media.type }));
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
    new THREE.MeshStandardMaterial({ color: GROUND, roughness: 1 }),
  );
  floor.rotation.x = -Math.PI / 2;
  floor.receiveShadow = true;
  const grid = new THREE.GridHelper(20, 20, 0xbcb4a8, 0xd9d3c9);
  grid.position.y = 0.002;
  scene.add(floor, grid);
  return sun;
}

function parsed(glb) {
  return new GLTFLoader().parseAsync(bytes(glb).buffer, "");
}

// A dance brings its body in its own file, or, where many share one, the body stands in `body`.
async function seated(dance) {
  const moves = await parsed(dance.glb);
  const gltf = dance.body ? await parsed(dance.body) : moves;
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
  mixer.clipAction(moves.animations[0]).play();
  return { dance, scene, sun, mixer, pelvis, place: new THREE.Vector3() };
}

function emptied(seat) {
  seat.scene.traverse((node) => {
    if (node.geometry) node.geometry.dispose();
    if (node.material) node.material.dispose();
    if (node.skeleton) node.skeleton.dispose();
    if (node.shadow) node.shadow.dispose();
  });
}

export class Stage {
  constructor(canvas) {
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true });
    this.renderer.setClearColor(GROUND);
    this.renderer.shadowMap.enabled = true;
    this.camera = new THREE.PerspectiveCamera(38, 1, 0.05, 100);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = false;
    this.controls.maxPolarAngle = Math.PI * 0.52;
    this.seats = [];
    this.shown = "";
  }

  async show(dances) {
    const seats = await Promise.all(dances.map(seated));
    this.seats.forEach(emptied);
    this.seats = seats;
    this.shown = "";
    this.look("front");
  }

  look(name) {
    this.controls.target.set(0, 0.95, 0);
    const [x, y, z] = VIEWS[name];
    const tall = window.innerHeight > window.innerWidth ? 1.25 : 1;
    this.camera.position.set(x * tall, 0.95 + y, z * tall);
    this.controls.update();
  }

  resize(width, height) {
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));
    this.renderer.setSize(width, height);
    this.shown = "";
  }

  // Draws the moment, and says whether it had to: a page that is left open costs nothing.
  draw(seconds, follow = true, more = null) {
    this.controls.update();
    const wanted = JSON.stringify([seconds, follow, more, this.camera.position, this.controls.target]);
    if (wanted === this.shown || this.seats.length === 0) return false;
    this.shown = wanted;
    for (const seat of this.seats) {
      seat.mixer.setTime(Math.min(seconds, seat.dance.seconds - 1e-4));
      seat.scene.updateMatrixWorld();
      seat.pelvis.getWorldPosition(seat.place);
    }
    this.drawAll(follow);
    return true;
  }

  drawAll(follow) {
    const size = this.renderer.getSize(new THREE.Vector2());
    const wide = size.x >= size.y;
    const width = wide ? size.x / this.seats.length : size.x;
    const height = wide ? size.y : size.y / this.seats.length;
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    const eye = this.camera.position.clone();
    this.renderer.setScissorTest(true);
    this.seats.forEach((seat, number) => {
      const x = wide ? number * width : 0;
      const y = wide ? 0 : (this.seats.length - 1 - number) * height;
      this.renderer.setViewport(x, y, width, height);
      this.renderer.setScissor(x, y, width, height);
      const away = follow ? new THREE.Vector3(seat.place.x, 0, seat.place.z) : new THREE.Vector3();
      this.camera.position.copy(eye).add(away);
      seat.sun.position.set(1.5 + away.x, 4, 2.5 + away.z);
      seat.sun.target.position.copy(away);
      this.renderer.render(seat.scene, this.camera);
    });
    this.camera.position.copy(eye);
  }
}
