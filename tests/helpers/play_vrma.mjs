// Plays a VRM animation on an avatar by pixiv's three-vrm: where each bone is, frame by frame.
// The avatar is the file's own skeleton, so many times as large.
import fs from 'node:fs';
import * as THREE from 'three';
import {GLTFLoader} from 'three/examples/jsm/loaders/GLTFLoader.js';
import {VRMAnimationLoaderPlugin, createVRMAnimationClip} from '@pixiv/three-vrm-animation';
import {VRMHumanoid} from '@pixiv/three-vrm';
const [file, size] = process.argv.slice(2);
const data = fs.readFileSync(file);
const loader = new GLTFLoader();
loader.register(parser => new VRMAnimationLoaderPlugin(parser));
const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
const gltf = await new Promise((ok, bad) => loader.parse(bytes, '', ok, bad));
const dance = gltf.userData.vrmAnimations[0];
const named = JSON.parse(data.subarray(20, 20 + data.readUInt32LE(12))).extensions
  .VRMC_vrm_animation.humanoid.humanBones;
const avatar = gltf.scene.clone();
const bones = {};
for (const name of Object.keys(named)) {
  const node = avatar.getObjectByName(name);
  node.position.multiplyScalar(Number(size));
  bones[name] = {node};
}
avatar.updateMatrixWorld(true);
const humanoid = new VRMHumanoid(bones);
avatar.add(humanoid.normalizedHumanBonesRoot);
const clip = createVRMAnimationClip(dance, {humanoid, scene: avatar, meta: {metaVersion: '1'}});
const mixer = new THREE.AnimationMixer(avatar);
const action = mixer.clipAction(clip);
action.setLoop(THREE.LoopOnce);
action.clampWhenFinished = true;
action.play();
const frames = [];
for (const t of dance.humanoidTracks.translation.get('hips').times) {
  mixer.setTime(t);
  humanoid.update();
  avatar.updateMatrixWorld(true);
  frames.push(Object.values(bones).map(({node}) => node.getWorldPosition(new THREE.Vector3()).toArray()));
}
console.log(JSON.stringify({bones: Object.keys(bones), rest: dance.restHipsPosition.toArray(), frames}));
