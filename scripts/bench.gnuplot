# SPDX-License-Identifier: GPL-2.0
#
# The plots of scripts/bench: gnuplot -e "data='DIR'; out='DIR'" bench.gnuplot

set terminal svg size 900,520 font 'sans,13' background 'white'
set grid ytics
set key above
set rmargin 12

set datafile missing '?'

set output out.'/routes.svg'
set title 'A hit, by route'
set ylabel 'instructions'
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.8 border
set xtics rotate by -35 nomirror
set yrange [0:*]
plot data.'/routes.dat' using 2:xtic(1) title 'in-tree' linecolor rgb '#999999', \
     '' using 3 title 'here' linecolor rgb '#1f77b4'

set style data linespoints
set xtics norotate
set logscale xy
set yrange [*:*]

set output out.'/crowd.svg'
set title 'A hit beside other probes'
set xlabel 'other probes'
set format x '%.0f'
plot data.'/breakpoint-pre.dat' using ($1 > 0 ? $1 : NaN):2 title 'in-tree, breakpoint' linecolor rgb '#666666', \
     '' using ($1 > 0 ? $1 : NaN):3 title 'here, breakpoint' linecolor rgb '#1f77b4', \
     data.'/ftrace-pre.dat' using ($1 > 0 ? $1 : NaN):2 title 'in-tree, ftrace' linecolor rgb '#aaaaaa', \
     '' using ($1 > 0 ? $1 : NaN):3 title 'here, ftrace' linecolor rgb '#2ca02c', \
     data.'/foreign.dat' using ($1 > 0 ? $1 : NaN):2 title 'in-tree, a foreign int3' linecolor rgb '#cccccc', \
     '' using ($1 > 0 ? $1 : NaN):3 title 'here, a foreign int3' linecolor rgb '#ff7f0e'

set output out.'/batch.svg'
set title 'Registering a batch'
set xlabel 'probes in the batch'
set ylabel 'instructions a probe'
plot data.'/batch-register.dat' using 1:2 title 'in-tree' linecolor rgb '#999999', \
     '' using 1:3 title 'here' linecolor rgb '#1f77b4'
