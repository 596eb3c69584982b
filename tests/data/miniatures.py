"""Datasets of a few clips in the exact layout of the public ones: real names and columns, our own sounds.

`MAKERS[name](folder)` makes what a person names with `dawg data get NAME --from`, and returns it.
"""

import csv
import io
import json
import tarfile
import zipfile

import numpy as np
import soundfile

RATE = 22_050


def sound(seed=0, seconds=1.0, kind="WAV", channels=1):
    """A melody of chance as the bytes of a file."""
    rng = np.random.default_rng(seed)
    tones = [
        0.2 * np.sin(2 * np.pi * hz * np.arange(int(RATE * seconds / 4)) / RATE) for hz in rng.uniform(200, 900, 4)
    ]
    content = io.BytesIO()
    wave = np.stack([np.concatenate(tones)] * channels, 1) + 1e-4 * rng.standard_normal((4 * len(tones[0]), channels))
    soundfile.write(content, wave, RATE, format=kind)
    return content.getvalue()


def put(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def tarred(path, files, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def table(rows, delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


ALBUM = (
    "comments date_created date_released engineer favorites id information listens producer tags title tracks type"
)
ARTIST = (
    "active_year_begin active_year_end associated_labels bio comments date_created favorites id latitude location "
    "longitude members name related_projects tags website wikipedia_page"
)
TRACK = (
    "bit_rate comments composer date_created date_recorded duration favorites genre_top genres genres_all "
    "information interest language_code license listens lyricist number publisher tags title"
)
COLUMNS = [
    *(("album", name) for name in ALBUM.split()),
    *(("artist", name) for name in ARTIST.split()),
    *(("set", name) for name in ("split", "subset")),
    *(("track", name) for name in TRACK.split()),
]
RAW = (
    "track_id album_id album_title album_url artist_id artist_name artist_url artist_website license_image_file "
    "license_image_file_large license_parent_id license_title license_url tags track_bit_rate track_comments "
    "track_composer track_copyright_c track_copyright_p track_date_created track_date_recorded track_disc_number "
    "track_duration track_explicit track_explicit_notes track_favorites track_file track_genres track_image_file "
    "track_information track_instrumental track_interest track_language_code track_listens track_lyricist "
    "track_number track_publisher track_title track_url"
)
NC = "Attribution-NonCommercial-ShareAlike 3.0 International"
# number, artist, genre_top, genres_all, split, subset, duration, title of the licence, its address
FMA = [
    (2, 1, "Hip-Hop", "[21]", "training", "small", 168, NC, "http://creativecommons.org/licenses/by-nc-sa/3.0/"),
    (5, 1, "Hip-Hop", "[21]", "training", "small", 206, "Attribution", "http://creativecommons.org/licenses/by/4.0/"),
    (10, 6, "Pop", "[10]", "validation", "small", 161, "Attribution-Share Alike 3.0 United States", ""),
    (20, 4, "", "[17, 10, 76]", "test", "large", 311, "Attribution", ""),
    (3, 1, "Hip-Hop", "[21]", "training", "medium", 237, "Public Domain Mark 1.0", ""),
    (133297, 9, "Rock", "[12]", "training", "small", 600, "Attribution 3.0 Unported", ""),
    (1486, 9, "Rock", "[12]", "test", "medium", 90, "CC0 1.0 Universal", "http://creativecommons.org/publicdomain/zero/1.0/"),
]  # fmt: skip


def fma(subset):
    def make(folder):
        rows = [
            ["", *(above for above, _ in COLUMNS)],
            ["", *(name for _, name in COLUMNS)],
            ["track_id"] + [""] * 52,
        ]
        raw = [RAW.split()]
        for number, artist, top, genres, split, part, duration, licence, url in FMA:
            cells = {
                ("artist", "bio"): '<p>Plays, "loud"\nand soft</p>', ("artist", "id"): artist,
                ("artist", "name"): f"Artist {artist}", ("album", "title"): "First", ("album", "id"): 1,
                ("set", "split"): split, ("set", "subset"): part, ("track", "duration"): duration,
                ("track", "genre_top"): top, ("track", "genres_all"): genres, ("track", "license"): licence,
                ("track", "title"): f"Song {number}", ("track", "tags"): "[]",
            }  # fmt: skip
            rows.append([number, *(cells.get(column, "") for column in COLUMNS)])
            known = {"track_id": number, "license_url": url, "license_title": licence}
            raw.append([known.get(name, "") for name in RAW.split()])
        genres = "genre_id,#tracks,parent,title,top_level\n10,13845,0,Pop,10\n12,32923,0,Rock,12\n"
        genres += "17,12706,0,Folk,17\n21,8389,0,Hip-Hop,21\n76,1952,10,Experimental Pop,10\n"
        tables = {"tracks.csv": table(rows), "genres.csv": genres, "raw_tracks.csv": table(raw), "features.csv": "x"}
        zipped(folder / "fma_metadata.zip", {f"fma_metadata/{n}": c for n, c in tables.items()}, zipfile.ZIP_BZIP2)
        own = {"small": ("small",), "medium": ("small", "medium")}.get(subset, ("small", "medium", "large"))
        clips = {
            f"fma_{subset}/{row[0] // 1000:03d}/{row[0]:06d}.mp3": sound(row[0], kind="MP3")
            for row in FMA
            if row[5] in own
        }
        texts = {f"fma_{subset}/README.txt": "", f"fma_{subset}/checksums": ""}
        zipped(folder / f"fma_{subset}.zip", {**texts, **clips}, zipfile.ZIP_BZIP2)
        return folder

    return make


def jamendo(folder):
    rows = [["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS"]]
    rows.append(["track_0000214", "artist_000014", "album_000031", "14/214.mp3", "124.6", "genre---punkrock"])
    rows.append(
        [
            "track_0000382",
            "artist_000020",
            "album_000046",
            "82/382.mp3",
            "211.1",
            "genre---classical",
            "instrument---voice",
        ]
    )
    rows.append(["track_0003346", "artist_000517", "album_000521", "46/3346.mp3", "195.0", "mood/theme---calm"])
    titles = "TRACK_ID\tARTIST_ID\tALBUM_ID\tTRACK_NAME\tARTIST_NAME\tALBUM_NAME\tRELEASEDATE\tURL\n"
    titles += "track_0000214\tartist_000014\talbum_000031\tA\tB\tBand\tAlbum\t2004-12-23\thttp://www.jamendo.com/track/214\n"
    blocks = [
        ("14/214.mp3", "Attribution-ShareAlike", "by-sa/2.5", ""),
        ("82/382.mp3", "Attribution", "by/3.0", "--"),
        ("46/3346.mp3", "Attribution-NonCommercial-NoDerivs", "by-nc-nd/2.0/be", ""),
    ]
    licences = "".join(
        f"{path}\nSong by Band from Jamendo: http://www.jamendo.com/track/{path[3:-4]}\nAvailable under a Creative "
        f"Commons "
        f"{name} license: http://creativecommons.org/licenses/{terms}/\n{separator}\n"
        for path, name, terms, separator in blocks
    )
    clone = folder / "mtg-jamendo-dataset"
    tars = [f"raw_30s_audio-{int(row[3][:2]):02d}.tar" for row in rows[1:]]
    lists = {
        f"data/splits/split-0/autotagging-{name}.tsv": table([rows[0], row], "\t")
        for name, row in zip(("train", "validation", "test"), rows[1:], strict=True)
    }
    put(
        clone,
        {
            "data/raw_30s_cleantags_50artists.tsv": table(rows, "\t"), "data/raw.meta.tsv": titles, "README.md": "x",
            "data/autotagging.tsv": "raw_30s_cleantags_50artists.tsv", "audio_licenses.txt": licences, **lists,
            "data/download/raw_30s_audio_sha256_tars.txt": "".join(f"{'0' * 64} {name}\n" for name in tars),
        },
    )  # fmt: skip
    for row, name in zip(rows[1:], tars, strict=True):
        tarred(clone / name, {row[3]: sound(int(row[0][6:]), kind="MP3")})
    return clone


def vocalset(folder):
    names = [
        "female1/arpeggios/belt/f1_arpeggios_belt_c_a.wav", "female2/arpeggios/vibrado/f2_arpeggios_vibrato_c_e.wav",
        "female2/arpeggios/vibrado/slow_vibrato_arps.wav", "male10/excerpts/vibrato/caro.wav",
        "male1/long_tones/trillo/m1_long_trillo_u.wav", "male1/scales/straight/m1_scales_straight_u(1).wav",
    ]  # fmt: skip
    files = {f"FULL/{name}": sound(at) for at, name in enumerate(names)}
    files |= {f"__MACOSX/FULL/{names[0]}": b"", "train_singers_technique.txt": "male1", "FULL/.DS_Store": b""}
    zipped(folder / "VocalSet11.zip", files)
    return folder / "VocalSet11.zip"


MSD_METADATA = [
    ("artist_id", "S32"), ("artist_name", "S1024"), ("idx_artist_terms", "<i4"), ("release", "S1024"),
    ("song_id", "S32"), ("title", "S1024"),
]  # fmt: skip
MSD_ANALYSIS = [
    ("duration", "<f8"), ("key", "<i4"), ("key_confidence", "<f8"), ("loudness", "<f8"), ("mode", "<i4"),
    ("mode_confidence", "<f8"), ("tempo", "<f8"), ("time_signature", "<i4"), ("track_id", "S32"),
]  # fmt: skip
# As in the field guide's sample song, and one of which little is known.
MSD = [
    ("TRACCVZ128F4291A8A", b"ARMQHX71187B9890D3", b"Mastodon", b"Deep Sea Creature",
        280.215, 5, 0.6, -3.306, 1, 173.205, 4, 2001, (b"metal", b"rock")),
    ("TRAAAAW128F429D538", b"ARD7TVE1187B99BFB1", b"Casual", b"I Didn't Mean To",
        218.932, 1, 0.1, -11.197, 0, 0.0, 0, 0, ()),
]  # fmt: skip


def msd(folder):
    import h5py

    content = {}
    for track, artist, name, title, duration, key, sure, loudness, mode, tempo, meter, year, terms in MSD:
        path = folder / f"{track}.h5"
        with h5py.File(path, "w") as file:
            about = np.array([(artist, name, 0, b"Album", b"SO", title)], MSD_METADATA)
            file.create_dataset("metadata/songs", data=about)
            file.create_dataset("metadata/artist_terms", data=np.array(terms, "S256"))
            file.create_dataset("metadata/artist_terms_weight", data=np.linspace(1, 0.5, len(terms)))
            facts = (duration, key, sure, loudness, mode, 0.5, tempo, meter, track.encode())
            file.create_dataset("analysis/songs", data=np.array([facts], MSD_ANALYSIS))
            file.create_dataset("analysis/segments_timbre", data=np.zeros((0, 12)))
            music = np.array([(0, year)], [("idx_artist_mbtags", "<i4"), ("year", "<i4")])
            file.create_dataset("musicbrainz/songs", data=music)
        content["/".join(("MillionSongSubset", *track[2:5], path.name))] = path.read_bytes()
    tarred(folder / "millionsongsubset.tar.gz", content, "w:gz")
    return folder / "millionsongsubset.tar.gz"


def audioset(folder):
    head = "# Segments csv created Sun Mar  5 10:54:25 2017\n# num_ytids=2, num_segs=2\n"
    head += "# YTID, start_seconds, end_seconds, positive_labels\n"
    balanced = '-0RWZT-miFs, 420.000, 430.000, "/m/03v3yw,/m/0k4j"\n3RWZT_miFs0, 0.000, 10.000, "/m/04rlf"\n'
    classes = 'index,mid,display_name\n0,/m/04rlf,"Music"\n1,/m/0342h,"Guitar"\n2,/m/03v3yw,"Keys jangling"\n'
    tree = {"/m/04rlf": ["/m/04szw", "/m/x"], "/m/04szw": ["/m/0342h"], "/m/x": ["/m/0342h"], "/m/0342h": []}
    others = {"name": "", "description": "", "citation_uri": "", "positive_examples": [], "restrictions": []}
    ontology = [{"id": mid, "child_ids": below, **others} for mid, below in tree.items()]
    return put(
        folder / "audioset",
        {
            "eval_segments.csv": head + '--4gqARaEJE, 0.000, 10.000, "/m/04rlf,/m/0342h"\n',
            "balanced_train_segments.csv": head + balanced,
            "class_labels_indices.csv": classes + '3,/m/0k4j,"Car, vehicle"\n',
            "ontology.json": json.dumps(ontology),
            "audioset_v1_embeddings/bal_train/-0.tfrecord": b"",
        },
    )


def pairs(folder):
    rng = np.random.default_rng(3)
    rows = [["id", "studio", "song", "before", "after", "consent", "scope", "signed"]]
    for number, (scope, late, sign) in enumerate([("ship", 137, 1.0), ("train", -41, -0.5)], 1):
        song = np.convolve(rng.standard_normal(4 * RATE), np.ones(3) / 3, "same") * 0.1
        louder = sign * np.tanh(3 * song)
        after = np.concatenate([np.zeros(late), louder]) if late > 0 else louder[-late:]
        name = f"{number:04d}"
        (folder / name).mkdir()
        soundfile.write(folder / name / "mix.wav", song, RATE, subtype="FLOAT")
        soundfile.write(folder / name / "master.wav", after, RATE, subtype="FLOAT")
        rows.append(
            [
                name,
                f"Room {number}",
                f"Song {number}",
                f"{name}/mix.wav",
                f"{name}/master.wav",
                "yes",
                scope,
                "2026-03-01",
            ]
        )
    return put(folder, {"pairs.csv": table(rows)})


MAKERS = {
    **{f"fma_{subset}": fma(subset) for subset in ("small", "medium", "large", "full")},
    "jamendo": jamendo, "vocalset": vocalset, "msd": msd, "audioset": audioset, "pairs": pairs,
}  # fmt: skip
