#!/usr/bin/env bash
# Makes assets/demo.flv: 16 s of a running clock over moving water colours, a pulse each second; 640x360, 30 fps,
# H.264 High with B-frames, a key frame each second, AAC stereo (16 s are a whole number of video frames, GOPs and AAC frames, so the loop has no seam). Needs ffmpeg and the DejaVu fonts (fonts-dejavu-core).
set -euo pipefail
cd "$(dirname "$0")/.."
font=${FONT:-/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf}
ffmpeg -y -loglevel error \
  -f lavfi -i "gradients=s=640x360:r=30:d=16:c0=0x0b2a3a:c1=0x11607a:c2=0x1aa39a:c3=0x0d3b52:n=4:speed=0.02:seed=7" \
  -f lavfi -i "aevalsrc='0.22*sin(2*PI*440*t)*exp(-9*mod(t,1))+0.10*sin(2*PI*220*t)*exp(-2*mod(t,4))|0.22*sin(2*PI*440*t)*exp(-9*mod(t,1))+0.10*sin(2*PI*330*t)*exp(-2*mod(t,4))':s=48000:d=16" \
  -filter_complex "[0:v]drawbox=x=0:y=ih-14:w=iw:h=14:color=black@0.35:t=fill[base];color=c=0xf2fbff:s=96x6:r=30:d=16[bar];[base][bar]overlay=x='mod(t*320\,W+96)-96':y=H-10:shortest=1,drawtext=fontfile=${font}:text='millrace':fontcolor=white@0.92:fontsize=26:x=28:y=h-58,drawtext=fontfile=${font}:text='%{pts\:hms}':fontcolor=white:fontsize=64:x=(w-tw)/2:y=(h-th)/2-6,drawtext=fontfile=${font}:text='frame %{n}':fontcolor=white@0.75:fontsize=20:x=(w-tw)/2:y=h/2+44[v]" \
  -map "[v]" -map 1:a -c:v libx264 -profile:v high -preset slow -bf 2 -g 30 -keyint_min 30 -sc_threshold 0 -crf 27 -maxrate 700k -bufsize 1400k -pix_fmt yuv420p \
  -c:a aac -b:a 96k -ac 2 -t 16 -flvflags no_duration_filesize assets/demo.flv
