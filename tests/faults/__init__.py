"""Bad nights, staged with real films and real processes; `make faults` runs them all and counts them.

what                                                    where
1, 2  a slow copy, a half copy                          test_arrival, tests/flows/test_watch
3, 4  copies, renamed copies, recuts                    test_night, tests/flows/test_watch, test_hints there
5, 6  replaced, removed or unmounted in mid-work        test_night, test_workplace, tests/flows/test_watch
7     10,000 files, polling alone                       test_arrival, test_places (buckets)
8, 9  hostile names; links, pipes, devices, folders     test_arrival, test_bad_input, tests/flows/test_watch
10    empty, zeros, texts, pictures named .mp4          test_arrival, test_bad_input
11    playlists in disguise                             test_arrival, test_bad_input
12-18 odd and hostile media                             test_media, test_two_hours
19    sick models, unplayable notes                     test_sound, tests/composer/test_compose
20, 22 hostile MIDI, hostile weights                    tests/composer/test_midi_read, test_weights_file there
21    broken, hostile and missing fonts                 test_sound, tests/render/test_soundfont
23    clipping, DC, silence, no numbers                 test_sound_extremes, test_sound
24    a full disk                                       test_full_disk, test_sound_full_disk, test_night
25    kill -9 at each crash point, of tool, worker,     test_crash_points, test_kill, test_tools, test_night,
      watcher, server, house                            test_places, test_serve
26    out of memory, SIGTERM; sleep, clocks that jump   test_night; test_clocks, tests/flows/test_leases,
                                                        tests/flows/test_infra (DST)
27    racing workers and watchers, one folder           test_arrival, tests/flows/test_ledger, test_workplace
28    tools that hang, chatter or spin                  test_tools
29    the engine's server or the database down          test_serve, test_database_away
30    poison                                            test_night, tests/flows/test_leases
31    many films at once, killed workers                test_whole_night (python -m tests.bench.night: 200)
32-36 the review page                                   test_review
"""
