module github.com/switchyard-dev/switchyard/build/walls

go 1.26.0
