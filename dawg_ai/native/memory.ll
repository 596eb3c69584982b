; The two functions that LLVM calls of its own accord; with them the library needs nothing from outside.
; 64 bytes at a time: a byte at a time, the reverb took 1.7 times as long.

define hidden ptr @memcpy(ptr %to, ptr %from, i64 %size) {
start:
  %whole = and i64 %size, -64
  %some = icmp ne i64 %whole, 0
  br i1 %some, label %lines, label %rest

lines:
  %line = phi i64 [ 0, %start ], [ %next_line, %lines ]
  %line_from = getelementptr i8, ptr %from, i64 %line
  %line_to = getelementptr i8, ptr %to, i64 %line
  %sixty_four = load <64 x i8>, ptr %line_from, align 1
  store <64 x i8> %sixty_four, ptr %line_to, align 1
  %next_line = add i64 %line, 64
  %more_lines = icmp ult i64 %next_line, %whole
  br i1 %more_lines, label %lines, label %rest

rest:
  %any = icmp ult i64 %whole, %size
  br i1 %any, label %bytes, label %end

bytes:
  %at = phi i64 [ %whole, %rest ], [ %next, %bytes ]
  %byte_from = getelementptr i8, ptr %from, i64 %at
  %byte_to = getelementptr i8, ptr %to, i64 %at
  %byte = load i8, ptr %byte_from
  store i8 %byte, ptr %byte_to
  %next = add i64 %at, 1
  %more = icmp ult i64 %next, %size
  br i1 %more, label %bytes, label %end

end:
  ret ptr %to
}

define hidden ptr @memset(ptr %to, i32 %value, i64 %size) {
start:
  %byte = trunc i32 %value to i8
  %one = insertelement <64 x i8> poison, i8 %byte, i64 0
  %sixty_four = shufflevector <64 x i8> %one, <64 x i8> poison, <64 x i32> zeroinitializer
  %whole = and i64 %size, -64
  %some = icmp ne i64 %whole, 0
  br i1 %some, label %lines, label %rest

lines:
  %line = phi i64 [ 0, %start ], [ %next_line, %lines ]
  %line_to = getelementptr i8, ptr %to, i64 %line
  store <64 x i8> %sixty_four, ptr %line_to, align 1
  %next_line = add i64 %line, 64
  %more_lines = icmp ult i64 %next_line, %whole
  br i1 %more_lines, label %lines, label %rest

rest:
  %any = icmp ult i64 %whole, %size
  br i1 %any, label %bytes, label %end

bytes:
  %at = phi i64 [ %whole, %rest ], [ %next, %bytes ]
  %byte_to = getelementptr i8, ptr %to, i64 %at
  store i8 %byte, ptr %byte_to
  %next = add i64 %at, 1
  %more = icmp ult i64 %next, %size
  br i1 %more, label %bytes, label %end

end:
  ret ptr %to
}
