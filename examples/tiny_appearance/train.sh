#!/usr/bin/env bash
# The small Wan-Animate from songs and motion capture, command by command. The steps below are a
# beginning: what they take and give is told in docs/tiny-appearance.md.
#
#   SONGS=songs/ CAPTURES=captures/ examples/tiny_appearance/train.sh work/
#
# SONGS: .ogg files; those of examples/held_out_songs.txt are kept for testing.
# CAPTURES: BVH or AMC of people who walk and dance (docs/tiny-appearance.md names ours).
set -euo pipefail
work=${1:?a folder to work in}
here=$(dirname "$0")
mkdir -p "$work/dances/target" "$work/dances/held"

# 1. Dances for the target domain, by the Motion Expert.
for song in "$SONGS"/*.ogg; do
  kind=target
  grep -q "$(basename "$song")" "$here/../held_out_songs.txt" && kind=held
  dance=$work/dances/$kind/$(basename "$song" .ogg).npz
  [ -f "$dance" ] || macedance generate "$song" --motion-only --motion-out "$dance" \
    --workspace "$work/generate" --duration 30
done

# 2. Clips: with the general domain the camera goes along, before the target domain it stands. The
# model's frame is cut out of them around the dancer.
draw="macedance render --windows --vary --size 216x288 --fps 16 --renderer builtin"
$draw --src "$CAPTURES" --camera follow --seed 11 --workspace "$work/base"
$draw --src "$CAPTURES" --camera follow --seed 12 --workspace "$work/base"
$draw --src "$CAPTURES" --camera follow --seed 13 --workspace "$work/base"
$draw --src "$work/dances/target" --seed 21 --workspace "$work/target"
$draw --src "$work/dances/target" --seed 22 --workspace "$work/target"
$draw --src "$work/dances/held" --seed 31 --workspace "$work/held"

# 3. The VAE's decoder, and a model folder around it whose transformer knows nothing yet.
python "$here/train_vae.py" --data "$work/base" --data "$work/target" --out "$work/start" \
  --steps "${VAE_STEPS:-1000}"

# 4. The three stages. The rate falls in a second run of the same name.
train="macedance train-appearance --size 80x144 --frames 17 --fps 16 --batch-size ${BATCH:-8}
  --workspace $work/models --grad-clip 1 --warmup 100 --ema-decay 0.998 --sample-every 0
  --checkpoint-every 400"
run() { $train --run "$1" --lr ${LR:-1e-3} --max-steps "$2" "${@:4}"
        $train --run "$1" --lr 2e-4 --max-steps "$3" --resume "${@:4}"; }
models=$work/models/models/appearance
run base "${BASE_STEPS:-2000}" "${ALL_BASE_STEPS:-2500}" \
  --stage base --model "$work/start" --data "$work/base"
run kinematic "${STEPS:-300}" "${ALL_STEPS:-400}" \
  --stage kinematic --model "$models/base/latest" --data "$work/target"
run aesthetic "${STEPS:-300}" "${ALL_STEPS:-400}" \
  --stage aesthetic --model "$models/base/latest" --data "$work/target"
run both "${STEPS:-300}" "${ALL_STEPS:-400}" \
  --stage aesthetic --model "$models/base/latest" --data "$work/target" \
  --adapter "$models/kinematic/latest/body_adapter.safetensors"

# 5. One model of it all, for `generate --appearance tiny --model`, and the table.
python "$here/merge.py" --model "$models/base/latest" --out "$work/tiny" \
  --adapter "$models/kinematic/latest/body_adapter.safetensors" \
  --lora "$models/both/latest/lora.safetensors"
python "$here/../../benchmarks/appearance_ablation.py" --model "$models/base/latest" \
  --adapter "$models/kinematic/latest/body_adapter.safetensors" \
  --lora "$models/both/latest/lora.safetensors" \
  --lora-alone "$models/aesthetic/latest/lora.safetensors" \
  --data "$work/held" --workspace "$work/models" --sheet "$work/sheet.png"
