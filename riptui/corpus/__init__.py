"""Folders of pictures, indexed by features: which picture is nearest to a frame, and is the frame a new one?

An index is a folder in `data_folder()/corpora`. It can be deleted: `riptui corpus index` computes it again.

corpus_files     the names, rows and bytes of an index on disk; corpus_index: one that is read
corpus_writer    appends pictures to an index, so that a crash at any time loses none that was committed
corpus_building  from a folder of pictures to an index: what is new, what is gone; picture_loading: decodes them
similar_vectors  the most similar of many vectors, a part of them at a time
novelty          from which similarity on a frame is not new, by the corpus itself; the share of new frames
nearest_pictures the nearest pictures to the frames of trajectories
nearest_sheet    as one picture: each frame beside its nearest
"""
